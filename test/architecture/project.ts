/**
 * The repository as its own tests see it.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const projectRoot = path.resolve(import.meta.dirname, '../..');

export const readProjectFile = (name: string): string => readFileSync(path.join(projectRoot, name), 'utf8');

export const readProjectJson = (name: string): unknown => JSON.parse(readProjectFile(name));

const notOurs = new Set(['node_modules', 'dist', 'coverage', '.git', '.cache', 'data', '.env']);

/** Every file that belongs to the project, tracked or about to be, relative to its root. */
export const projectFiles = (folder = ''): readonly string[] =>
  readdirSync(path.join(projectRoot, folder), { withFileTypes: true })
    .filter((entry) => !notOurs.has(entry.name) && !entry.name.endsWith('.log'))
    .flatMap((entry) => {
      const name = path.join(folder, entry.name);
      return entry.isDirectory() ? projectFiles(name) : [name];
    });

export interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

/** Runs the import rules over a house. */
export const findImportViolations = (house: string): readonly Violation[] => {
  const program = path.join(projectRoot, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const parameters = [program, 'src', 'sandbox', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
  const { stdout, stderr } = spawnSync(process.execPath, parameters, { cwd: house, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (!stdout.startsWith('{')) throw new Error(`dependency-cruiser gave no report: ${stderr}`);
  return (JSON.parse(stdout) as { summary: { violations: readonly Violation[] } }).summary.violations;
};
