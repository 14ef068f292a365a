import { DeadlineExceededError, OutcomeUnknownError, UpstreamTimeoutError, UpstreamUnavailableError } from '../errors/upstreamErrors.ts';
import type { CallContext } from '../resilience/call.ts';

type Ambiguous = UpstreamUnavailableError | UpstreamTimeoutError | DeadlineExceededError;

const isAmbiguous = (error: unknown): error is Ambiguous =>
  error instanceof UpstreamUnavailableError || error instanceof UpstreamTimeoutError || error instanceof DeadlineExceededError;

/**
 * Says so where a write may have happened: an attempt of an operation that must not be repeated reached for the
 * service, and no answer told what became of it. All other errors stay as they are.
 */
export const honestError = (error: unknown, { idempotency, progress, site }: CallContext): unknown =>
  idempotency === 'never' && progress.unsettled && isAmbiguous(error) ? new OutcomeUnknownError(site, error) : error;
