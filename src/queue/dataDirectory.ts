/**
 * Makes DATA_DIR, for this user alone.
 */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

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
