/**
 * The port by which a write that cannot be made now is kept for later; the queue stands behind it.
 */
import type { Queued } from './call.ts';
import type { OperationRequest } from './operation.ts';

/** A write as it would have been sent. */
export interface WriteToKeep {
  readonly service: string;
  readonly operation: string;
  readonly request: OperationRequest;
  /** What it writes, in clear; kept as a digest only. Absent: it needs no order. */
  readonly entity: string | undefined;
  readonly owner: string;
  /** Chosen by whoever must find the same job again. */
  readonly jobId: string | undefined;
  readonly requestId: string | undefined;
  /** An attempt of it went out and was never answered: a later refusal of the double is then a success. */
  readonly mayHaveHappened: boolean;
}

export interface WriteQueue {
  /**
   * Resolves when the write is on disk: from then on it is not lost.
   *
   * @throws {QueueUnavailableError} within a second, if it cannot be kept; it was not accepted then.
   * @throws {PayloadTooLargeError} if it is larger than a job may be.
   */
  accept(write: WriteToKeep): Promise<Queued>;
}
