/**
 * A worker over one service's whole way out: everything is real but the wire, which follows a script, and the disk.
 */
import {
  createThing,
  httpHouse,
  scriptedWire,
  type HouseParts,
  type HttpHouse,
  type Reply,
  type ScriptedWire,
  type Thing,
} from '../../support/httpHouse.ts';
import type { Operation } from '../../../src/contract/operation.ts';
import type { QuotaState } from '../../../src/pipeline/quotaBoard.ts';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import { silentLogger } from '../../../src/logging/logger.ts';
import { JOB_VERSION, type JobRecord, type NewJob } from '../../../src/queue/job.ts';
import { writePayload } from '../../../src/queue/jobPayload.ts';
import type { JobExecuted } from '../../../src/queue/queueEvents.ts';
import { QueueWorker } from '../../../src/queue/queueWorker.ts';
import { createSealer, type Sealer } from '../../../src/queue/sealer.ts';
import type { ResilienceEvents } from '../../../src/contract/events.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { MemoryQueue } from '../../support/memoryQueue.ts';

/** A write that a repeat would do twice; one that may be repeated; and one whose double the service refuses. */
export const create: Operation<Thing> = { ...createThing, queue: {} };
export const upsert: Operation<Thing> = { ...create, name: 'upsert_thing', idempotency: 'natural', rows: { in: 'body', name: 'things' } };
export const unique: Operation<Thing> = { ...create, name: 'create_unique_thing', queue: { alreadyDone: ({ status }) => status === 409 } };
/** An update that a 404 turns into a create. */
export const steps: Operation<Thing> = {
  ...upsert,
  name: 'update_or_create_thing',
  queue: {
    orElse: ({ status }, request) =>
      status === 404 ? { operation: upsert, request: { ...request, path: upstreamPath`/created` } } : undefined,
  },
};

export const HOUR_MS = 3_600_000;

export interface QueueHouse {
  readonly worker: QueueWorker;
  readonly queue: MemoryQueue;
  readonly http: HttpHouse;
  readonly wire: ScriptedWire;
  readonly sealer: Sealer;
  readonly executed: readonly JobExecuted[];
  readonly quotas: QuotaState[];
  /** Puts a job of an operation into the queue. @returns its id. */
  readonly add: (
    operation: Operation<unknown>,
    fields?: Partial<NewJob> & { readonly body?: unknown; readonly mayHaveHappened?: boolean },
  ) => Promise<string>;
  readonly find: (id: string) => Promise<JobRecord | undefined>;
  close(): Promise<void>;
}

/** Policy of the house: one attempt a call, so that what is sent is what the queue sends. */
const once: HouseParts = { policy: { retry: { maxAttempts: 1 } } };

export const queueHouse = (...replies: readonly Reply[]): QueueHouse => queueHouseWith({}, ...replies);

export const queueHouseWith = (parts: HouseParts, ...replies: readonly Reply[]): QueueHouse => {
  const listeners: ResilienceEvents[] = [];
  const wire = scriptedWire(...replies);
  const http = httpHouse(wire.transport, { ...once, ...parts, listeners });
  const queue = new MemoryQueue(systemClock);
  const sealer = createSealer({ keys: [{ id: 'one', key: Buffer.alloc(32, 7) }], clearText: false });
  const executed: JobExecuted[] = [];
  const quotas: QuotaState[] = [];
  const worker = new QueueWorker({
    queue,
    services: [{ name: 'acme', http: http.http, operations: [create, upsert, unique, steps] }],
    sealer,
    quotas: () => quotas,
    clock: systemClock,
    random: () => 0.5,
    logger: silentLogger,
    events: { jobExecuted: (event) => void executed.push(event) },
  });
  listeners.push(worker);
  let added = 0;
  const add: QueueHouse['add'] = async ({ name }, { body, mayHaveHappened = false, ...fields } = {}) => {
    added += 1;
    const id = `job_${String(added).padStart(22, '0')}`;
    const now = systemClock.wallTime();
    const payload = sealer.seal(
      writePayload({ request: { path: upstreamPath`/things`, body: body ?? { number: added } }, mayHaveHappened }),
      id,
    );
    const times = { acceptedAt: now, expiresAt: now + HOUR_MS };
    await queue.add({ id, version: JOB_VERSION, service: 'acme', operation: name, owner: 'key_1', payload, ...times, ...fields });
    return id;
  };
  const close = async (): Promise<void> => {
    await worker.stop();
    await queue.close();
    http.close();
  };
  return { worker, queue, http, wire, sealer, executed, quotas, add, find: (id) => queue.find(id), close };
};
