/**
 * Starts the database thread of the embedded queue.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { FromDatabase } from './embeddedMessages.ts';
import { seconds, type Clock } from '../../time/clock.ts';
import type { DatabaseOptions } from './embeddedOptions.ts';

/** `.ts` when run from source, `.js` when built: the thread's file lies beside this one either way. */
const extension = path.extname(fileURLToPath(import.meta.url));
const threadFile = new URL(`./embeddedWorker${extension}`, import.meta.url);

/** A large file is read once before it is used; a mount that hangs never answers. */
const OPEN_WITHIN_MS = seconds(60);

/** Run from source, every thread has to load tsx for itself: on Node 20 it does not take over the loader of its process. */
const loaderArguments = (): readonly string[] => {
  if (extension !== '.ts') return [];
  const loader = createRequire(import.meta.url)
    .resolve('tsx/esm/api')
    .replace(/cjs$/u, 'mjs');
  return ['--import', `data:text/javascript,import{register}from"${pathToFileURL(loader).href}";register()`];
};

/**
 * Resolves when the database is open.
 *
 * @throws {Error} that says what to change, if it cannot be opened.
 */
export const startDatabaseThread = (options: DatabaseOptions, clock: Clock): Promise<Worker> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(threadFile, { name: 'queue', workerData: options, execArgv: [...loaderArguments()] });
    const stopListening = (): void => {
      stopWaiting();
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    };
    const stopWaiting = clock.after(OPEN_WITHIN_MS, () => {
      stopListening();
      void worker.terminate();
      reject(new Error(`The disk of DATA_DIR (${options.directory}) does not answer: see to it, or set DATA_DIR to another directory`));
    });
    const onMessage = (message: FromDatabase): void => {
      if (message.kind === 'answers') return;
      stopListening();
      if (message.kind === 'ready') resolve(worker);
      else reject(new Error(message.message));
    };
    const onError = (error: unknown): void => {
      stopListening();
      reject(new Error('the thread of the queue could not be started', { cause: error }));
    };
    const onExit = (): void => {
      stopListening();
      reject(new Error('the thread of the queue ended while it was started'));
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  });
