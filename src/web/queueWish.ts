/**
 * What the queue is told of a request whose write may have to wait.
 */
import type { QueueWish } from '../contract/call.ts';
import type { AnswerNote } from './answerNote.ts';
import { jobIdAfter } from './idempotencyKey.ts';

export interface WriteRequest {
  readonly owner: string;
  readonly requestId: string;
  /** Where the request bears an Idempotency-Key. */
  readonly jobId: string | undefined;
}

/** The wish behind an Idempotency-Key: the request is made once, and so is each of its jobs. */
class KeyedQueueWish implements QueueWish {
  readonly owner: string;
  readonly requestId: string;
  readonly #firstJobId: string;
  readonly #note: AnswerNote;

  constructor(
    { owner, requestId, jobId }: WriteRequest & { readonly jobId: string },
    readonly atOnce: boolean,
    note: AnswerNote,
  ) {
    this.owner = owner;
    this.requestId = requestId;
    this.#firstJobId = jobId;
    this.#note = note;
  }

  /** For the next write to be queued: two writes of one request must not become one job. */
  get jobId(): string {
    return jobIdAfter(this.#firstJobId, this.#note.queuedWrites);
  }
}

export const queueWish = ({ owner, requestId, jobId }: WriteRequest, atOnce: boolean, note: AnswerNote): QueueWish =>
  jobId === undefined ? { owner, requestId, atOnce } : new KeyedQueueWish({ owner, requestId, jobId }, atOnce, note);
