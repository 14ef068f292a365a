/** What can go wrong between a caller and the queue. */
import { GatewayError } from './gatewayError.ts';

/** The queue's store does not answer, is full or is damaged: the write was not accepted, and nothing was sent. */
export class QueueUnavailableError extends GatewayError {
  readonly code = 'queue_unavailable';
  override readonly execution = 'not_sent';
  override readonly retryAfterMs = 5000;

  /** @param what A constant of ours, such as `the disk is full`. */
  constructor(
    readonly what: string,
    options?: ErrorOptions,
  ) {
    super(`the queue cannot take it: ${what}`, options);
  }
}

/** Another request with the same Idempotency-Key is still being answered. */
export class RequestInProgressError extends GatewayError {
  readonly code = 'request_in_progress';
  override readonly retryAfterMs = 1000;

  constructor() {
    super('another request with this Idempotency-Key is still being answered');
  }
}

/** The Idempotency-Key was used for another request. */
export class IdempotencyKeyReusedError extends GatewayError {
  readonly code = 'idempotency_key_reused';

  constructor() {
    super('this Idempotency-Key was used for another request; take a new one');
  }
}

/** The first request of an Idempotency-Key ended with its process: nobody knows how far it came. */
export class RequestInterruptedError extends GatewayError {
  readonly code = 'outcome_unknown';
  override readonly execution = 'unknown';

  constructor() {
    super('the first request with this Idempotency-Key was interrupted; look what became of it, then take a new key');
  }
}

/** The first request of an Idempotency-Key was answered, and its answer was too large to be kept, or tells of a record that is gone since. */
export class AnswerNotKeptError extends GatewayError {
  readonly code = 'answer_not_kept';

  /** @param status Of that answer. */
  constructor(status: number) {
    super(
      `the first request with this Idempotency-Key was carried out and answered with ${String(status)}; that answer is not kept, for its size, or because its record is gone`,
    );
  }
}

/** The job is not in a state for what is asked of it. */
export class JobStateConflictError extends GatewayError {
  readonly code = 'job_state_conflict';
}
