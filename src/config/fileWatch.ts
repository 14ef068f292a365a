/**
 * Puts the new content of a file that a setting names in force, without a restart.
 *
 * The content itself is read every second: neither an atomic rename, nor a symbolic link that is turned (as Kubernetes does),
 * nor a coarse clock of a file system hides a change then. It counts once it has been found twice in a row, so that a file
 * that is being written is not taken for whole. A content that cannot be used changes nothing, and is logged once.
 */
import { readFile } from 'node:fs/promises';
import type { Logger } from '../logging/logger.ts';
import { seconds, type Clock } from '../time/clock.ts';
import { every } from '../time/every.ts';
import { errorCode, type SettingFile } from './secretFile.ts';

const LOOK_MS = seconds(1);

export interface FileWatchParts {
  readonly files: readonly SettingFile[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** From the disk by default. */
  readonly read?: (path: string) => Promise<string>;
}

/** What a reload did, by the variables that name the files. */
export interface Reloaded {
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  /** Not usable: what was in force before still is. */
  readonly refused: readonly string[];
}

export class FileWatch {
  readonly #parts: FileWatchParts;
  /** What was found last, where it is not in force. */
  readonly #seen = new Map<SettingFile, string>();
  /** What was said last of a file, with the content it was said of: each once. */
  readonly #told = new Map<SettingFile, string>();
  #stops: readonly (() => void)[] = [];

  constructor(parts: FileWatchParts) {
    this.#parts = parts;
  }

  start(): void {
    const { files, clock } = this.#parts;
    // Each by itself: a mount that hangs stops its own files only.
    this.#stops = files.map((file) =>
      every(clock, LOOK_MS, async () => {
        await this.#look(file);
      }),
    );
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** Reads every file now, and takes what it finds at its word. */
  async reload(): Promise<Reloaded> {
    const { files, logger } = this.#parts;
    const found = await Promise.all(files.map(async (file) => ({ variable: file.variable, outcome: await this.#look(file, true) })));
    const named = (outcome: keyof Reloaded): readonly string[] =>
      found.filter((each) => each.outcome === outcome).map(({ variable }) => variable);
    const reloaded: Reloaded = { changed: named('changed'), unchanged: named('unchanged'), refused: named('refused') };
    logger.info({ ...reloaded }, 'the files that settings name were read again');
    return reloaded;
  }

  async #look(file: SettingFile, atOnce = false): Promise<keyof Reloaded> {
    try {
      const { read = (path: string) => readFile(path, 'utf8') } = this.#parts;
      const text = await read(file.path);
      if (!atOnce && text !== file.text && text !== this.#seen.get(file)) {
        this.#seen.set(file, text);
        return 'unchanged';
      }
      return this.#take(file, text);
    } catch (error) {
      this.#refuse(file, `it cannot be read (${errorCode(error) ?? 'unreadable'})`, '');
      return 'refused';
    }
  }

  #take(file: SettingFile, text: string): keyof Reloaded {
    const { variable, path } = file;
    try {
      const isChanged = file.take(text);
      this.#seen.delete(file);
      this.#told.delete(file);
      if (isChanged) this.#parts.logger.info({ setting: variable, file: path }, 'the new content of a file is in force');
      return isChanged ? 'changed' : 'unchanged';
    } catch (error) {
      this.#refuse(file, `it must be a file ${error instanceof Error ? error.message : 'that can be used'}`, text);
      return 'refused';
    }
  }

  #refuse(file: SettingFile, reason: string, text: string): void {
    const told = `${reason} ${text}`;
    if (this.#told.get(file) === told) return;
    this.#told.set(file, told);
    this.#parts.logger.error(
      { setting: file.variable, file: file.path, reason },
      'the content of a file is not usable; what was in force before still is',
    );
  }
}
