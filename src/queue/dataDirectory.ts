/**
 * What lies in DATA_DIR besides the queue itself: the directory, made for this user alone, and the key of a queue that nobody gave one.
 * That key is kept so that what waits outlives a restart. It does not guard against a reader of the directory: production wants QUEUE_KEYS.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from '../logging/logger.ts';
import { keyIdOf, type SealingKey } from './sealer.ts';

/**
 * Step by step from the nearest folder that exists: Node's own recursive way never ends in file systems such as /proc, which
 * answer that a parent is missing when it is not.
 *
 * @throws {Error} of the system.
 */
export const makeDataDirectory = (directory: string): void => {
  const missing: string[] = [];
  for (let at = path.resolve(directory); !existsSync(at); at = path.dirname(at)) missing.unshift(at);
  for (const each of missing) makeOne(each);
};

/** Another process may make it at the same time. */
const makeOne = (directory: string): void => {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(directory)) throw error;
  }
};

const FILE = 'queue.key';
const KEY_BYTES = 32;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unreadable';

/** @returns `undefined` where there is none yet. */
const readKey = (file: string): Buffer | undefined => {
  try {
    return Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new Error(`${file} in DATA_DIR cannot be read (${codeOf(error)}): correct its permissions, or set QUEUE_KEYS`, { cause: error });
  }
};

/** Made by one process alone: of two that start at once, the second reads the key of the first. */
const makeKey = (directory: string, file: string, logger: Logger): Buffer => {
  const key = randomBytes(KEY_BYTES);
  try {
    makeDataDirectory(directory);
    writeFileSync(file, `${key.toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    const other = codeOf(error) === 'EEXIST' ? readKey(file) : undefined;
    if (other !== undefined) return other;
    throw new Error(`${file} cannot be written (${codeOf(error)}): make DATA_DIR writable, or set QUEUE_KEYS`, { cause: error });
  }
  logger.info({ file }, 'made a key for the queue; production wants one of its own in QUEUE_KEYS');
  return key;
};

/** @throws {Error} that says what to change, if the file can be neither read nor written or holds no key. */
export const developmentKey = (directory: string, logger: Logger): SealingKey => {
  const file = path.join(directory, FILE);
  const key = readKey(file) ?? makeKey(directory, file, logger);
  if (key.length !== KEY_BYTES) {
    throw new Error(
      `${file} holds no key of ${String(KEY_BYTES)} bytes in base64: restore it, or remove it and lose what waits in the queue`,
    );
  }
  return { id: `dev-${keyIdOf(key)}`, key };
};
