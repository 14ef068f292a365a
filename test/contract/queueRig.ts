/**
 * What the contract suites of the queue need from an engine under test, and the jobs they try it with.
 */
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { type ClaimedJob, type DurableQueue, JOB_VERSION, type NewJob } from '../../src/queue/durableQueue.ts';

/** One opened engine. Time is the engine's own: driven where it can be, waited for where it cannot. */
export interface QueueRig {
  /** After a crash, the one that was opened then. */
  readonly queue: DurableQueue;
  /** Wall-clock ms, as the engine sees them. */
  now(): number;
  /** Lets about 10 ms pass: a driven clock is moved, for a real one it waits. */
  tick(): Promise<void>;
  /** Abandons the engine as a SIGKILL of its process would, and opens it again on what it left behind. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

/** Ticks until something is found; 8 s at most, real or driven. */
export const until = async <T>(rig: Pick<QueueRig, 'tick'>, look: () => Promise<T | undefined>): Promise<T> => {
  for (let ticks = 0; ticks < 800; ticks += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await rig.tick();
  }
  return expect.fail('it has not come about');
};

export const untilPast = (rig: Pick<QueueRig, 'tick' | 'now'>, moment: number): Promise<true> =>
  until(rig, () => Promise.resolve(rig.now() > moment ? true : undefined));

/** The next job of a service, as soon as there is one. */
export const takeSoon = (rig: QueueRig, service: string): Promise<ClaimedJob> => until(rig, () => rig.queue.take(service));

/** As the enqueuer makes them. */
export const jobId = (): string => `job_${randomUUID().replaceAll('-', '')}`;

let services = 0;
/** A service nobody has used yet, so that tests which share an engine do not meet. */
export const freshService = (): string => {
  services += 1;
  return `service${String(services)}`;
};

export const HOUR_MS = 3_600_000;

/** Accepted now and good for an hour, unless said otherwise. */
export const jobFor = (rig: Pick<QueueRig, 'now'>, service: string, fields: Partial<NewJob> = {}): NewJob => ({
  id: jobId(),
  version: JOB_VERSION,
  service,
  operation: 'create_contact',
  owner: 'key_1',
  payload: 'v1.sealed.payload',
  acceptedAt: rig.now(),
  expiresAt: rig.now() + HOUR_MS,
  ...fields,
});

/** Adds them one after the other, so that their order is beyond doubt. */
export const addAll = async (rig: QueueRig, jobs: readonly NewJob[]): Promise<readonly string[]> => {
  for (const job of jobs) await rig.queue.add(job);
  return jobs.map(({ id }) => id);
};

/** All that can be taken at this moment, left running. */
export const takeAll = async (rig: QueueRig, service: string): Promise<readonly ClaimedJob[]> => {
  const taken: ClaimedJob[] = [];
  for (let job = await rig.queue.take(service); job !== undefined; job = await rig.queue.take(service)) taken.push(job);
  return taken;
};
