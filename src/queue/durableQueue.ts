/**
 * The port of the durable queue: writes that wait, where each stands, and how an execution can end. Two engines stand behind it,
 * held to one contract suite (`test/contract/durableQueueContract.ts`): an embedded one on the disk of DATA_DIR, and BullMQ on Redis.
 *
 * At least once: a job whose execution ended with its process is offered again, marked `interrupted`. The consumer decides by its
 * operation: a write with a natural repeat, or one whose double the service refuses, is sent again; any other becomes `uncertain`.
 *
 * Times are wall-clock ms: jobs outlive the process, and a monotonic clock does not.
 */
import type { IdempotencyStore } from '../web/idempotency.ts';

/**
 * `queued` -> `running` -> one of the ends. `failed`: a dead letter, with its reason. `uncertain`: it may have happened,
 * and a repeat could do it twice; a person settles it. A crash brings `running` back to `queued`, marked as interrupted.
 */
export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'uncertain' | 'cancelled';

export const jobStates: readonly JobState[] = ['queued', 'running', 'succeeded', 'failed', 'uncertain', 'cancelled'];

/** The states that only a person leaves, or nobody. */
export const isEnded = (state: JobState): boolean => state !== 'queued' && state !== 'running';

/** How payloads are written; a job of a later version is left alone by this release. */
export const JOB_VERSION = 1;

export interface NewJob {
  /** `job_` and 22 to 43 letters, digits, `-` or `_`. Equal ids mean the same job: it is added once. */
  readonly id: string;
  readonly version: number;
  readonly service: string;
  /** The operation's name in its service. */
  readonly operation: string;
  /** Digest of what is written, never an address in clear: jobs of equal service and entity run in the order of their acceptance. */
  readonly entity?: string;
  /** The id of the API key that may ask about it; `process` for callers within. */
  readonly owner: string;
  /** The request that it came with, for logs. */
  readonly requestId?: string;
  /** The request to the service, sealed. */
  readonly payload: string;
  readonly acceptedAt: number;
  /** Not begun by then, it ends as `failed` with the reason `expired`. */
  readonly expiresAt: number;
}

/** What is told about a job; its payload stays inside. */
export interface JobRecord extends Omit<NewJob, 'payload'> {
  readonly state: JobState;
  /** Executions that reached the service, or tried to and failed; a crash and an open circuit count for none. */
  readonly attempts: number;
  /** Of the state. */
  readonly since: number;
  /** When it may be taken next, while queued. */
  readonly dueAt: number;
  /** A constant of ours or an error code: why it failed, is uncertain, or waits. */
  readonly reason?: string;
  /** The service's answer, sealed; only when succeeded. */
  readonly result?: string;
}

/** A job in execution. */
export interface ClaimedJob extends JobRecord {
  readonly payload: string;
  /** An earlier execution ended with its process: nobody knows how far it came. */
  readonly interrupted: boolean;
  /** Proves the claim: an end told with an old one is void. */
  readonly claim: string;
}

/** How an execution ended. `afterMs` need not be whole: with jitter, it seldom is. */
export type JobOutcome =
  | { readonly kind: 'succeeded'; readonly result?: string }
  /** A dead letter: no repeat will help. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'uncertain'; readonly reason: string }
  /** To be repeated; counts as an attempt. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number }
  /** To be repeated; counts as none, and keeps what was known of an interruption: nothing was sent. */
  | { readonly kind: 'postponed'; readonly reason: string; readonly afterMs: number };

/** What a person says became of an uncertain job: it was done, it is to be sent (again), or it is to be dropped. */
export type Settlement = 'done' | 'repeat' | 'discard';

export interface JobFilter {
  readonly states?: readonly JobState[];
  readonly service?: string;
  readonly operation?: string;
  readonly reason?: string;
  /** Accepted before this moment, wall-clock ms. */
  readonly acceptedBefore?: number;
  /** At most; 1 to 1000. */
  readonly limit: number;
}

/** Of one service. */
export interface QueueDepth {
  readonly service: string;
  readonly jobs: Readonly<Record<JobState, number>>;
  /** Wall-clock ms of acceptance of the oldest that has not ended; absent where there is none. */
  readonly oldestAcceptedAt?: number;
}

/**
 * Every method rejects with {@link QueueUnavailableError} if the store does not answer within a second; none waits longer.
 */
export interface DurableQueue {
  readonly engine: 'embedded' | 'bullmq';
  /**
   * Resolves when the job is on disk, synced. A known id adds nothing: the job as it stands is returned.
   *
   * @throws {QueueUnavailableError} if it cannot be kept: then it was not accepted.
   */
  add(job: NewJob): Promise<JobRecord>;
  find(id: string): Promise<JobRecord | undefined>;
  /** Ends it as `cancelled` if it is queued; else leaves it as it is. The record tells which. */
  cancel(id: string): Promise<JobRecord | undefined>;
  /**
   * Claims the job of a service that is due and was accepted earliest, unless an earlier one of its entity has not ended;
   * `undefined` if there is none. One claim at a time, whoever asks. An expired one is ended, not offered.
   */
  take(service: string): Promise<ClaimedJob | undefined>;
  /** Keeps a claim through a long execution; call it every few seconds. `false`: the claim is lost, somebody else has it. */
  renew(job: ClaimedJob): Promise<boolean>;
  /** Notes how an execution ended. `false`: the claim was lost before, and nothing is noted. */
  end(job: ClaimedJob, outcome: JobOutcome): Promise<boolean>;
  /** Earliest accepted first. */
  list(filter: JobFilter): Promise<readonly JobRecord[]>;
  /** A dead letter goes back to the queue with no attempts against it and a new expiry; `false` if it is none (any more). */
  replay(id: string, expiresAt: number): Promise<boolean>;
  /** Of an uncertain job; `false` if it is none (any more). `done` ends it as succeeded, `discard` as cancelled. */
  settle(id: string, settlement: Settlement, expiresAt: number): Promise<boolean>;
  /** One entry for each service that has or had jobs. */
  depths(): Promise<readonly QueueDepth[]>;
  /** Drops ended jobs: succeeded and cancelled ones that ended before the first moment, failed and uncertain ones before the second. */
  purge(endedBefore: number, deadBefore: number): Promise<number>;
  /** Told when a job of a service may have become due, as a hint: look soon, and look now and then without one. */
  onWork(listener: (service: string) => void): void;
  close(): Promise<void>;
}

/** What a queue engine keeps: the jobs and, beside them, the Idempotency-Keys. */
export interface QueueStore {
  readonly queue: DurableQueue;
  readonly keys: IdempotencyStore;
  /** Closes both; as often as one likes. */
  close(): Promise<void>;
}

export interface JobAccepted {
  readonly id: string;
  readonly service: string;
  readonly operation: string;
  readonly requestId: string | undefined;
}

export interface JobExecuted {
  readonly id: string;
  readonly service: string;
  readonly operation: string;
  readonly requestId: string | undefined;
  readonly outcome: JobOutcome['kind'];
  /** A constant of ours or an error code; absent when it succeeded. */
  readonly reason: string | undefined;
  /** From its acceptance to this execution, ms. */
  readonly waitedMs: number;
  readonly attempts: number;
}

/** What happens to jobs, for metrics and the log: names and ids, never what is written. Every method is optional, and must not throw. */
export interface QueueEvents {
  jobAccepted?(event: JobAccepted): void;
  jobExecuted?(event: JobExecuted): void;
}

/** Tells each listener in turn. */
export const toAll = (listeners: readonly QueueEvents[]): Required<QueueEvents> => ({
  jobAccepted: (event) => {
    for (const listener of listeners) listener.jobAccepted?.(event);
  },
  jobExecuted: (event) => {
    for (const listener of listeners) listener.jobExecuted?.(event);
  },
});
