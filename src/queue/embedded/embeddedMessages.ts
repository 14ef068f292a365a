/**
 * What the two threads of the embedded queue send each other, and where tests may stop them. Times are wall-clock ms, and are sent, never
 * read, on the far side.
 */
import type { GoneName, KeptLimits, KeyState, KeyUse } from '../../web/idempotency.ts';
import type { ClaimedJob, JobFilter, JobOutcome, JobRecord, NewJob, QueueDepth, Settlement } from '../durableQueue.ts';

export interface DatabaseOptions {
  /** DATA_DIR; made if it is missing. */
  readonly directory: string;
  /** Wall-clock ms. */
  readonly openedAt: number;
  /** The file may grow to so many pages of 4 kB; absent: as the disk has. Stands in for a full disk in tests. */
  readonly maxPages?: number;
  /** Default: {@link KEPT_LIMITS}. */
  readonly limits?: KeptLimits;
  readonly faults?: Faults;
}

/** What the database thread can do; every command is told the time first. */
export interface StoreCommands {
  readonly add: (now: number, job: NewJob) => Added;
  readonly find: (now: number, id: string) => JobRecord | undefined;
  readonly cancel: (now: number, id: string) => Cancelled;
  readonly take: (now: number, service: string) => Taken;
  readonly renew: (now: number, claim: Claim) => boolean;
  readonly end: (now: number, claim: Claim, outcome: JobOutcome) => Moved | undefined;
  readonly list: (now: number, filter: JobFilter) => readonly JobRecord[];
  readonly replay: (now: number, id: string, expiresAt: number) => Moved | undefined;
  readonly settle: (now: number, id: string, settlement: Settlement, expiresAt: number) => Moved | undefined;
  readonly depths: (now: number) => readonly QueueDepth[];
  /** At most so many; how many there were. */
  readonly purge: (now: number, endedBefore: number, deadBefore: number, limit: number) => number;
  /** Takes back an acceptance that came too late to be told. */
  readonly withdraw: (now: number, id: string) => void;
  /** Takes back a claim that came too late to be told: the job was not begun. */
  readonly release: (now: number, claim: Claim) => void;
  readonly beginKey: (now: number, use: KeyUse, begunAt: number) => KeyState;
  readonly finishKey: (now: number, key: string, answer: string, brief: string) => void;
  readonly forgetKey: (now: number, key: string) => void;
  readonly noteGone: (now: number, gone: readonly GoneName[]) => void;
  readonly goneAt: (now: number, names: readonly string[]) => number;
}

export interface Added {
  readonly record: JobRecord;
  /** `false`: the id was known. */
  readonly added: boolean;
}

export interface Cancelled {
  /** Absent: the id is unknown. */
  readonly record?: JobRecord;
  /** Absent: it was not queued. */
  readonly moved?: Moved;
}

export interface Taken {
  readonly job?: ClaimedJob;
  /** When the next one falls due, where none is due now. */
  readonly nextDueAt?: number;
}

export type Claim = Pick<ClaimedJob, 'id' | 'claim'>;

/** A job that went into another state. */
export interface Moved {
  readonly service: string;
  /** Of a queued one. */
  readonly dueAt?: number;
}

export type Command = keyof StoreCommands;
type WithoutTime<P extends readonly unknown[]> = P extends readonly [number, ...infer Rest] ? Rest : never;
/** What a command is told besides the time. */
export type ParametersOf<C extends Command> = WithoutTime<Parameters<StoreCommands[C]>>;
export type ValueOf<C extends Command> = ReturnType<StoreCommands[C]>;

export interface Request {
  /** Of the request, within its thread. */
  readonly number: number;
  readonly command: Command;
  readonly parameters: readonly unknown[];
}

/** Requests that are committed together, in this order. */
export interface Batch {
  readonly now: number;
  readonly requests: readonly Request[];
}

/** Why a request failed. */
export interface Failure {
  /** A constant of ours, for callers. */
  readonly what: string;
  /** The library's own words, for the log. */
  readonly detail: string;
}

export type Answer = { readonly number: number; readonly value: unknown } | { readonly number: number; readonly failure: Failure };

export type ToDatabase = { readonly kind: 'batch'; readonly batch: Batch } | { readonly kind: 'close' };

export type FromDatabase =
  | { readonly kind: 'ready' }
  /** It could not be opened; the message says what to change. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] };

/**
 * Where tests may stop the process: luck alone does not hit the moment between a write and its sync. Written but not synced; synced but nobody told; told to the main thread but not to the caller; claimed but
 * not begun.
 */
export type FaultPoint = 'before_commit' | 'after_commit' | 'before_answer' | 'after_claim';

/** Called at each point with the commands concerned. It may take its time, and may never return. */
export type FaultHook = (point: FaultPoint, commands: readonly Command[]) => void;

/**
 * A module with `createFaultHook(data): FaultHook`, and what it is given. Not the function itself: it cannot be handed to
 * the database thread, so both threads load the module.
 */
export interface Faults {
  readonly module: string;
  readonly data?: unknown;
}

export const loadFaultHook = async (faults: Faults | undefined): Promise<FaultHook> => {
  if (faults === undefined) return () => undefined;
  const { createFaultHook } = (await import(faults.module)) as { readonly createFaultHook: (data: unknown) => FaultHook };
  return createFaultHook(faults.data);
};
