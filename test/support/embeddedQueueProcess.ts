/**
 * A process with an embedded queue, for tests that kill it. Told what to do by its arguments, it says each thing that was
 * promised to it (`accepted <id>`, `claimed <id>`) at once, and what went wrong at its start.
 */
import { writeSync } from 'node:fs';
import { openEmbeddedStore } from '../../src/queue/embedded/embeddedStore.ts';
import type { QueueStore } from '../../src/queue/durableQueue.ts';
import { systemClock } from '../../src/time/clock.ts';
import { jobFor } from '../contract/queueRig.ts';
import { faultsOf, type FaultPlan } from './queueFaults.ts';

export interface Orders {
  readonly directory: string;
  readonly kill?: FaultPlan['kill'];
  /** So many writers, each of which adds so many jobs one after the other. */
  readonly writers: number;
  readonly jobsEach: number;
  /** Takes so many jobs afterwards. */
  readonly takes: number;
}

/** Past every buffer: it must have left the process before the next step, which may be its last. A full pipe is tried again. */
const say = (line: string): void => {
  for (let isSaid = false; !isSaid;) {
    try {
      writeSync(1, `${line}\n`);
      isSaid = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
};

const write = async ({ queue }: QueueStore, writer: number, jobs: number): Promise<void> => {
  for (let number = 0; number < jobs; number += 1) {
    const job = jobFor({ now: systemClock.wallTime }, 'crm', { requestId: `${String(writer)}.${String(number)}` });
    say(`offered ${job.id}`);
    await queue.add(job);
    say(`accepted ${job.id}`);
  }
};

const work = async ({ directory, kill, writers, jobsEach, takes }: Orders): Promise<void> => {
  const faults = kill === undefined ? {} : { faults: faultsOf({ kill }) };
  const store = await openEmbeddedStore({ directory, clock: systemClock, ...faults });
  say('open');
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(store, writer, jobsEach)));
  for (let taken = 0; taken < takes; taken += 1) say(`claimed ${(await store.queue.take('crm'))?.id ?? 'nothing'}`);
  say('done');
  // Until it is killed or its parent is gone.
  process.stdin.resume().once('end', () => void store.close());
};

try {
  await work(JSON.parse(process.argv[2] ?? '{}') as Orders);
} catch (error) {
  say(`refused ${(error as Error).message}`);
}
