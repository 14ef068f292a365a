/**
 * Secrets that come as files, as orchestrators mount them, and rotate them while the process runs.
 */
import { statSync } from 'node:fs';
import { exampleIn } from './exampleValues.ts';
import { credential } from './rules.ts';
import { Secret } from './secret.ts';
import type { SettingFaults } from './settingFaults.ts';

/** Gives a file's text or throws; `readFileSync` outside tests. */
export type ReadFile = (path: string) => string;

/** Throws an error that says what the text must be, following "must name a file"; never quotes it. */
export type CheckText = (text: string) => unknown;

/** A file that a setting names. What was read at the start is in force until another usable text is found in it. */
export class SettingFile {
  readonly variable: string;
  readonly path: string;
  #text: string;
  readonly #check: CheckText;
  readonly #listeners: (() => void)[] = [];

  constructor(variable: string, path: string, text: string, check: CheckText) {
    this.variable = variable;
    this.path = path;
    this.#text = text;
    this.#check = check;
  }

  /** What is in force. */
  get text(): string {
    return this.#text;
  }

  /** Told after each change. One that cannot use the new text throws, and the old one stays in force. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Puts another text in force.
   *
   * @returns whether it is another one.
   * @throws {Error} that says why it is not usable, and does not quote it.
   */
  take(text: string): boolean {
    if (text === this.#text) return false;
    this.#check(text);
    const before = this.#text;
    this.#text = text;
    try {
      for (const listener of this.#listeners) listener();
    } catch (error) {
      this.#text = before;
      throw error;
    }
    return true;
  }
}

export const withoutLineBreak = (text: string): string => text.replace(/\r?\n$/u, '');

/** Readable by every user of the machine: a hint that its mode was not thought about. Nothing is known of what cannot be asked. */
const isOpenToAll = (path: string): boolean => {
  try {
    return process.platform !== 'win32' && (statSync(path).mode & 0o004) !== 0;
  } catch {
    return false;
  }
};

/** Reads the files that settings name, and remembers them: they are watched later. */
export class SettingFiles {
  readonly found: SettingFile[] = [];
  readonly #readFile: ReadFile;
  readonly #isProduction: boolean;

  constructor(readFile: ReadFile, isProduction: boolean) {
    this.#readFile = readFile;
    this.#isProduction = isProduction;
  }

  /** One sentence for each file that everybody on this machine may read. */
  get warnings(): readonly string[] {
    const open = this.found.filter(({ path }) => isOpenToAll(path));
    return open.map(
      ({ variable }) => `${variable} names a file that every user of this machine may read: take the right from others (chmod o-r)`,
    );
  }

  /** The file, or `undefined` and a fault that names the variable and what is wrong. */
  read(variable: string, path: string, check: CheckText, faults: SettingFaults): SettingFile | undefined {
    try {
      const text = this.#readFile(path);
      const file = new SettingFile(variable, path, text, check);
      this.found.push(file);
      check(text);
      return file;
    } catch (error) {
      const code = errorCode(error);
      if (code !== undefined) faults.add(variable, `must name a readable file (${code}): correct the path or the file's permissions`);
      else faults.add(variable, `must name a file ${error instanceof Error ? error.message : 'that can be used'}: change the file`);
      return undefined;
    }
  }

  /** A file that holds one credential; a line break at its end does no harm. */
  secret(variable: string, path: string, faults: SettingFaults): Secret | undefined {
    const file = this.read(
      variable,
      path,
      (text) => {
        this.#checkCredential(text);
      },
      faults,
    );
    return file && new Secret(() => withoutLineBreak(file.text), file);
  }

  #checkCredential(text: string): void {
    const parsed = credential().safeParse(withoutLineBreak(text));
    if (!parsed.success) throw new Error('with nothing but the credential, printable ASCII in one line');
    const example = this.#isProduction ? exampleIn(parsed.data.reveal()) : undefined;
    if (example !== undefined) throw new Error(`with a credential of your own, not ${example}`);
  }
}

/** Of the system; `undefined` for an error of ours. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
