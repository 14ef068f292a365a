/**
 * Secrets that come as files, as orchestrators mount them.
 */
import { credential } from './rules.ts';
import type { Secret } from './secret.ts';
import type { SettingFaults } from './settingFaults.ts';

/** Gives a file's text or throws; `readFileSync` outside tests. */
export type ReadFile = (path: string) => string;

/** A file's text, or `undefined` and a fault that names the variable and the system's error code. */
export const readTextFile = (variable: string, path: string, readFile: ReadFile, faults: SettingFaults): string | undefined => {
  try {
    return readFile(path);
  } catch (error) {
    faults.add(variable, `must name a readable file (${errorCode(error)}): correct the path or the file's permissions`);
    return undefined;
  }
};

/** A file that holds one credential; a line break at its end does no harm. */
export const readSecretFile = (variable: string, path: string, readFile: ReadFile, faults: SettingFaults): Secret | undefined => {
  const text = readTextFile(variable, path, readFile, faults);
  if (text === undefined) return undefined;
  const parsed = credential().safeParse(text.replace(/\r?\n$/, ''));
  if (!parsed.success) faults.add(variable, 'must name a file with nothing but the credential, printable ASCII in one line: change the file');
  return parsed.data;
};

const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unreadable';
