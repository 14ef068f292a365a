/**
 * A write that waits: what it is, where it stands, and how an execution of it can end.
 *
 * Times are wall-clock ms: jobs outlive the process, and a monotonic clock does not.
 */

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
