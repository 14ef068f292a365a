/**
 * The database thread of the embedded queue: a slow disk blocks it, and not the process. Started by `embeddedClient.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type DatabaseOptions, type FromDatabase, loadFaultHook, type ToDatabase } from './embeddedMessages.ts';
import type { BatchRunner } from './embeddedRunner.ts';

if (parentPort === null) throw new Error('this file is the inside of a thread');
const port = parentPort;
const options = workerData as DatabaseOptions;

const post = (message: FromDatabase): void => {
  port.postMessage(message);
};

interface Opened {
  readonly runner: BatchRunner;
  readonly close: () => void;
}

/** libsql is native code: where there is none for this platform, it fails here, with words. */
const open = async (): Promise<Opened> => {
  const { explained, openDatabase } = await import('./embeddedDatabase.ts');
  const { openRunner } = await import('./embeddedRunner.ts');
  const faultHook = await loadFaultHook(options.faults);
  const database = openDatabase(options);
  return {
    runner: explained(options.directory, () => openRunner(database, options.openedAt, faultHook, options.limits)),
    close: () => {
      database.close();
    },
  };
};

const serve = ({ runner, close }: Opened): void => {
  port.on('message', (message: ToDatabase) => {
    if (message.kind === 'batch') {
      post({ kind: 'answers', answers: runner.run(message.batch) });
      return;
    }
    close();
    port.close();
  });
  post({ kind: 'ready' });
};

try {
  serve(await open());
} catch (error) {
  post({ kind: 'refused', message: error instanceof Error ? error.message : String(error) });
  port.close();
}
