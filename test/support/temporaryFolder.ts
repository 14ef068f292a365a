import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

export const temporaryFolder = (): TemporaryFolder => {
  const made = mkdtempSync(path.join(tmpdir(), 'sales-auto-api-'));
  return {
    path: made,
    remove: () => {
      rmSync(made, { recursive: true, force: true });
    },
  };
};
