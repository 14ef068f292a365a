/**
 * Spreads jobs over processes, one for each processor: time is faked in a whole process at once, so that two runs cannot
 * share one.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Job } from './matrix.ts';
import type { Summary } from './summary.ts';

const WORKER = fileURLToPath(new URL('./labWorker.ts', import.meta.url));

/** JSON has no `undefined`; a field that is left out reads the same. */
const ask = (worker: ChildProcess, job: Job): Promise<Summary> =>
  new Promise((resolve, reject) => {
    const stopListening = (): void => {
      worker.off('message', onMessage).off('exit', onExit);
    };
    const onMessage = (summary: unknown): void => {
      stopListening();
      resolve(summary as Summary);
    };
    const onExit = (code: number | null): void => {
      stopListening();
      reject(new Error(`The process of ${job.scenario} at ${String(job.ratePerSecond)} with ${job.rival} ended with ${String(code)}`));
    };
    worker.once('message', onMessage).once('exit', onExit);
    worker.send(job);
  });

/** The results in the order of the jobs. @param onDone Told how many are done. */
export const runAll = async (jobs: readonly Job[], onDone: (count: number) => void): Promise<readonly Summary[]> => {
  const results = new Map<Job, Summary>();
  // The longest first, so that none is left alone at the end.
  const waiting = [...jobs].sort((one, other) => one.ratePerSecond - other.ratePerSecond);
  const work = async (worker: ChildProcess): Promise<void> => {
    for (let job = waiting.pop(); job !== undefined; job = waiting.pop()) {
      results.set(job, await ask(worker, job));
      onDone(results.size);
    }
  };
  const workers = Array.from({ length: Math.min(availableParallelism(), jobs.length) }, () => fork(WORKER));
  try {
    await Promise.all(workers.map(work));
  } finally {
    for (const worker of workers) worker.kill();
  }
  return jobs.flatMap((job) => results.get(job) ?? []);
};
