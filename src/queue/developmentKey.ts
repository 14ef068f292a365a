/**
 * The key of a queue that nobody gave one: made once and kept beside the queue, so that what waits there outlives a
 * restart. It guards against a glance and a backup of the queue alone, not against whoever reads the directory: never in
 * production, where the settings ask for a key.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from '../logging/logger.ts';
import { makeDataDirectory } from './dataDirectory.ts';
import { keyIdOf, type SealingKey } from './sealer.ts';

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
