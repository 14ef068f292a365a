import {
  CircuitOpenError,
  DeadlineExceededError,
  OutcomeUnknownError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
} from '../errors/upstreamErrors.ts';
import type { CallContext } from '../contract/call.ts';

type Ambiguous = UpstreamUnavailableError | UpstreamTimeoutError | DeadlineExceededError;

const isAmbiguous = (error: unknown): error is Ambiguous =>
  error instanceof UpstreamUnavailableError || error instanceof UpstreamTimeoutError || error instanceof DeadlineExceededError;

/**
 * Says so where a write may have happened: an attempt of an operation that must not be repeated reached for the
 * service, and no answer told what became of it. And makes `execution` true of the whole call: a deadline that met no
 * attempt sent nothing, a circuit that opened over one did. All other errors stay as they are.
 */
export const honestError = (error: unknown, { idempotency, progress, site }: CallContext): unknown => {
  if (idempotency === 'never' && progress.unsettled && isAmbiguous(error)) return new OutcomeUnknownError(site, error);
  if (error instanceof DeadlineExceededError && !progress.unsettled) {
    return new DeadlineExceededError(site, error.deadlineMs, 'not_sent');
  }
  if (error instanceof CircuitOpenError && progress.unsettled) {
    return new CircuitOpenError(site, error.circuit, error.reason, error.retryAfterMs, 'unknown');
  }
  return error;
};
