/**
 * Opens the file of the embedded queue. Only the database thread imports this file: it brings libsql.
 */
import { closeSync, fsyncSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import Database from 'libsql';
import { makeDataDirectory } from '../dataDirectory.ts';
import type { DatabaseOptions, Failure } from './embeddedMessages.ts';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './embeddedSql.ts';

export type { Database };

export const FILE_NAME = 'queue.db';

/**
 * Opens the database for this process alone, and makes it if there is none.
 *
 * A file that cannot be used is left as it is, never repaired or replaced: it may hold writes that were promised.
 *
 * @throws {Error} that says what to change, for people: no directory, no right to write, another process, damage, a newer release.
 */
export const openDatabase = (options: DatabaseOptions): Database.Database => {
  const { directory } = options;
  prepareDirectory(directory);
  const file = path.join(directory, FILE_NAME);
  return explained(directory, () => {
    const database = new Database(file);
    try {
      prepare(database, file, options.maxPages);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
};

const prepareDirectory = (directory: string): void => {
  explained(directory, () => {
    makeDataDirectory(directory);
    if (!statSync(directory).isDirectory()) throw new Error(notADirectory(directory));
    makeFile(path.join(directory, FILE_NAME));
    syncDirectory(directory);
    syncDirectory(path.dirname(directory));
  });
};

/**
 * SQLite would make it readable for all. One that exists is not opened here: closing it again would drop the locks that
 * another database thread of this process holds on it.
 */
const makeFile = (file: string): void => {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if (statSync(file).isFile()) return;
    throw new Error(`${file} is not a file: move it away, or set DATA_DIR to another directory`, { cause: error });
  }
};

/** So that the new file's name outlives a power cut, as its content does. */
const syncDirectory = (directory: string): void => {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/** In this order: nothing is written before it is known that the file is ours, whole, and not of a later release. */
const prepare = (database: Database.Database, file: string, maxPages: number | undefined): void => {
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  const version = numberOf(database, 'user_version');
  refuseForeign(database, file, version);
  if (version > SCHEMA_VERSION) throw new Error(newer(file, version));
  refuseDamaged(database, file);
  database.exec('PRAGMA journal_mode = WAL');
  // Each commit is synced before it returns: the promise behind a 202.
  database.exec('PRAGMA synchronous = FULL');
  if (maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${String(maxPages)}`);
  if (version === 0) createSchema(database);
};

const refuseForeign = (database: Database.Database, file: string, version: number): void => {
  if (numberOf(database, 'application_id') === APPLICATION_ID) return;
  const isNew = version === 0 && database.prepare('SELECT 1 AS found FROM sqlite_master').get() === undefined;
  if (!isNew) throw new Error(`${file} belongs to another program: set DATA_DIR to another directory`);
};

const refuseDamaged = (database: Database.Database, file: string): void => {
  const [first] = database.prepare('PRAGMA quick_check(1)').all() as readonly { readonly quick_check?: string }[];
  if (first?.quick_check !== 'ok') throw new Error(damaged(file));
};

const createSchema = (database: Database.Database): void => {
  database.exec(`BEGIN IMMEDIATE; ${SCHEMA}
    PRAGMA application_id = ${String(APPLICATION_ID)}; PRAGMA user_version = ${String(SCHEMA_VERSION)}; COMMIT`);
};

const numberOf = (database: Database.Database, pragma: 'user_version' | 'application_id'): number => {
  const row = database.prepare(`PRAGMA ${pragma}`).get() as Readonly<Record<string, unknown>> | undefined;
  return Number(row?.[pragma]);
};

/** Turns what the system and SQLite say at the start into what a person can do about it. */
export const explained = <T>(directory: string, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    const known = explanations[codeOf(error)];
    const told = error instanceof Error ? error.message : String(error);
    // What speaks of the place already was said by us, unless it is the system's.
    if (codeOf(error) === '' && (told.includes('DATA_DIR') || told.includes(directory))) throw error;
    throw new Error(known?.(directory) ?? unexplained(directory, told), { cause: error });
  }
};

const notADirectory = (directory: string): string => `DATA_DIR (${directory}) is not a directory: set it to one of this process's own`;

const notWritable = (directory: string): string =>
  `The queue cannot write in DATA_DIR (${directory}): let the user of this process write there, or set DATA_DIR to another directory`;

const newer = (file: string, version: number): string =>
  `${file} was written by a newer release (its schema is ${String(version)}, this one knows ${String(SCHEMA_VERSION)}) ` +
  'and is left untouched: start that release, or set DATA_DIR to another directory';

const damaged = (file: string): string =>
  `${file} is damaged and is left untouched: restore it from a backup, or move it and ${FILE_NAME}-wal away to begin with an empty queue ` +
  '(the jobs in it are not made then)';

const inUse = (directory: string): string =>
  `Another process has the queue in DATA_DIR (${directory}) open: stop it, or give this one a DATA_DIR of its own`;

const full = (directory: string): string => `The disk of DATA_DIR (${directory}) is full: make room on it`;

const failing = (directory: string): string =>
  `The disk of DATA_DIR (${directory}) fails: look into the log of the system, and replace the disk or set DATA_DIR to another one`;

const unexplained = (directory: string, told: string): string =>
  `The queue cannot use DATA_DIR (${directory}): ${told}; correct that, or set DATA_DIR to another directory`;

const explanations: Readonly<Record<string, (directory: string) => string>> = {
  ENOTDIR: notADirectory,
  EEXIST: notADirectory,
  EACCES: notWritable,
  EPERM: notWritable,
  EROFS: notWritable,
  ENOENT: notWritable,
  ENOSPC: full,
  SQLITE_FULL: full,
  EIO: failing,
  SQLITE_IOERR: failing,
  SQLITE_BUSY: inUse,
  SQLITE_READONLY: notWritable,
  SQLITE_CANTOPEN: notWritable,
  SQLITE_NOTADB: (directory) => damaged(path.join(directory, FILE_NAME)),
  SQLITE_CORRUPT: (directory) => damaged(path.join(directory, FILE_NAME)),
};

/** Of the system or of SQLite, without the part that only SQLite's authors need: `SQLITE_READONLY_DBMOVED` is a `SQLITE_READONLY`. */
const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return '';
  if (!('code' in error) || typeof error.code !== 'string') return error.message.endsWith(': 14")') ? 'SQLITE_CANTOPEN' : '';
  return /^SQLITE_[A-Z]+|^E[A-Z]+$/u.exec(error.code)?.[0] ?? '';
};

export const isDiskFull = (error: unknown): boolean => codeOf(error) === 'SQLITE_FULL';

const DAMAGED = 'its file in DATA_DIR is damaged: restart this process, which says what to do';

const failures: Readonly<Record<string, string>> = {
  SQLITE_FULL: 'the disk of DATA_DIR is full: make room on it',
  SQLITE_READONLY: 'its file in DATA_DIR cannot be written: let the user of this process write there',
  SQLITE_CORRUPT: DAMAGED,
  SQLITE_NOTADB: DAMAGED,
  SQLITE_IOERR: 'the disk of DATA_DIR fails: replace it, or set DATA_DIR to another disk',
};

/** What went wrong while it was open. */
export const failureOf = (error: unknown): Failure => ({
  what: failures[codeOf(error)] ?? 'its database in DATA_DIR fails: see the log',
  detail: error instanceof Error ? error.message : String(error),
});
