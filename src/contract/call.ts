/**
 * The contract all stages rest on: what a call is, what an answer is, and how stages are put around a call.
 * Stages import this file, never each other.
 */
import type { CallSite } from '../errors/upstreamErrors.ts';
import type { Cuttable } from '../time/attemptTimeout.ts';
import type { HttpRequest } from '../wire/transport.ts';
import type { Idempotency, OperationRequest } from './operation.ts';

/** Where an answer came from. Everything but `upstream` is marked in the answer the caller sees. */
export type AnswerSource = 'upstream' | 'cache' | 'coalesced' | 'stale' | 'static' | 'queued';

/** The answer to a write that waits in the queue: it is on disk, and will be made. */
export interface Queued {
  readonly queued: true;
  /** Of the job; `GET /api/jobs/:id` tells what became of it. */
  readonly id: string;
  readonly status: 'queued';
  /** ISO 8601. */
  readonly acceptedAt: string;
  /** ISO 8601: not made by then, it is given up. */
  readonly expiresAt: string;
}

/** Whether a write was queued rather than made. */
export const isQueued = (answer: unknown): answer is Queued =>
  typeof answer === 'object' && answer !== null && 'queued' in answer && answer.queued === true;

/** What the queue must know of a caller whose write may have to wait. */
export interface QueueWish {
  /** Whose job it would be: the id of an API key. */
  readonly owner: string;
  /** The job's id, where the caller's own key decides it; else a fresh one. */
  readonly jobId?: string;
  readonly requestId?: string;
  /** `true`: queue it at once (`Prefer: respond-async`). */
  readonly atOnce?: boolean;
}

export interface Answer<T> {
  readonly value: T;
  readonly source: AnswerSource;
  /** Milliseconds since the service gave it; 0 for one fresh from the service. */
  readonly ageMs: number;
  /** Milliseconds it stays fresh; negative once stale; absent where nothing is cached. */
  readonly freshForMs?: number;
}

/** What a caller may ask of one call, whatever the operation. */
export interface CallOptions {
  /** Aborts the call, for instance when the caller hangs up. */
  readonly signal?: AbortSignal;
  /** The caller's patience for the whole call in ms, retries included; capped by the service's policy. */
  readonly deadlineMs?: number;
  /** The same as a moment on the monotonic clock, ms: several calls of one request share it. The earlier one counts. */
  readonly deadlineAt?: number;
  /** Patience for one attempt in ms; capped by the service's policy. A read that may be shared goes by the policy's alone. */
  readonly timeoutMs?: number;
  /** Additional request headers; the credential and the content type cannot be overridden. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `true`: an error rather than a stale or static answer (`Prefer: handling=strict`). */
  readonly strict?: boolean;
  /** `true`: ask the service even if a fresh answer is cached (`Cache-Control: no-cache`). */
  readonly refresh?: boolean;
  /** Whose call it is, such as the id of an API key: what fails for one caller alone is not held against the service. */
  readonly caller?: string;
  /** Who asks, should a write have to wait; absent: the process itself. */
  readonly queue?: QueueWish;
  /** `drain`: from the queue, so interactive calls go first. Default `interactive`. */
  readonly lane?: 'interactive' | 'drain';
  /** Told where the answer came from, before the call settles; for headers. Must not throw. */
  readonly onAnswer?: (answer: Answer<unknown>, site: CallSite) => void;
}

/** One call on its way through the stages. */
export interface CallContext {
  readonly site: CallSite;
  /** What is asked for, and how that goes over the wire. */
  readonly request: OperationRequest;
  readonly wire: HttpRequest;
  /** Whether the caller sends headers of its own: they are for its own request, and would be lost in the queue. */
  readonly hasOwnHeaders: boolean;
  readonly idempotency: Idempotency;
  /** Ends the call: the caller's signal and the deadline together. */
  readonly signal: AbortSignal;
  /** The caller's own signal, to tell a hang-up from a deadline. */
  readonly callerSignal: AbortSignal | undefined;
  /** On the monotonic clock, ms. Of a read that several wait for it is that of the most patient, and moves as they come and go. */
  readonly deadlineAt: number;
  /** Patience for one attempt, ms. */
  readonly attemptTimeoutMs: number;
  /** The service's own limits, ms: by them lives what several callers wait for, whoever of them began it. */
  readonly service: { readonly deadlineMs: number; readonly attemptTimeoutMs: number };
  /** Others may join: until then an attempt goes on, unless all have left. On the monotonic clock, ms; absent: until `deadlineAt`. */
  readonly livesUntil?: number;
  readonly lane: NonNullable<CallOptions['lane']>;
  /** Whose call it is, as far as that is known; of a shared one all of them. */
  readonly callers: readonly string[];
  readonly strict: boolean;
  readonly refresh: boolean;
  /** Equal keys mean equal answers; absent where the operation is not cached. */
  readonly cacheKey: string | undefined;
  /** Tags of the records that the answer tells of, as far as the request says, or the answer, too; asked for only when it is not in memory. */
  readonly cacheTags?: ((answer?: unknown) => readonly string[]) | undefined;
  readonly cacheForMs: number;
  readonly staleForMs: number;
  /** How a write may be queued if it cannot be made; absent: it may not. */
  readonly queueWish?: QueueWish | undefined;
  /** The records that it is about, where it is made for several callers; absent: its request says so. */
  readonly records?: () => readonly string[];
  /** A write that waits in the queue if it cannot be made: nothing is gained by trying a connection that did not stand once more. */
  readonly mayWait?: boolean;
  /** It asks for several records: one that the service fails at is parted from the others, rather than asked for again with them. */
  readonly isDivisible?: boolean;
  /** Where its attempt leaves how it is cut off; absent: giving it up could do harm. */
  readonly cuttable?: Cuttable | undefined;
  /** What has happened so far; written by the stages that make it happen. */
  readonly progress: CallProgress;
}

export interface CallProgress {
  /** Attempts begun. */
  attempts: number;
  /** An attempt reached for the service and nobody knows what became of it: a write may or may not have happened. */
  unsettled: boolean;
}

export type Call<T> = (context: CallContext) => Promise<Answer<T>>;

/** Wraps a call in one concern, and knows nothing of the stages around it. */
export type Stage = <T>(next: Call<T>) => Call<T>;
