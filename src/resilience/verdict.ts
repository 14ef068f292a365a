import { GatewayError, type Verdict } from '../errors/gatewayError.ts';
import {
  DeadlineExceededError,
  SlowAttemptError,
  UpstreamError,
  UpstreamQuotaExhaustedError,
  UpstreamTimeoutError,
  UpstreamUnauthorizedError,
  type FailureKind,
} from '../errors/upstreamErrors.ts';
import type { Evidence } from './detection/detector.ts';

/** What an attempt shows to its circuit. */
export type Finding = Evidence | 'ignored' | 'unauthorized' | 'spent';

/**
 * How a failed attempt counts. A time-out or a deadline that cut off an attempt past its slow threshold speaks against
 * the service; one that came sooner is the caller's impatience, unless we cut it short over a suspicion. An error that is
 * none of ours counts as a failure.
 */
export const verdictOf = (error: unknown, wasSlow: boolean): Verdict => {
  if (isTimeout(error)) return wasSlow || (error instanceof UpstreamTimeoutError && error.wasSuspect) ? 'failure' : 'ignored';
  return error instanceof GatewayError ? error.verdict : 'failure';
};

/** The same in the words of the circuit: a refusal of our input is an answer, and like any answer it can be slow. */
export const findingOf = (error: unknown, wasSlow: boolean): Finding => {
  if (error instanceof UpstreamUnauthorizedError) return 'unauthorized';
  // A day's quota is gone for every operation; spent credits or a missing plan stop only what costs them.
  if (error instanceof UpstreamQuotaExhaustedError && error.quota === 'daily') return 'spent';
  const verdict = verdictOf(error, wasSlow);
  return verdict === 'success' && wasSlow ? 'slow' : verdict;
};

export const isTimeout = (error: unknown): boolean => error instanceof UpstreamTimeoutError || error instanceof DeadlineExceededError;

/** What kind of failure it was, for people. */
export const kindOf = (error: unknown): FailureKind | 'unauthorized' | 'unknown' => {
  if (error instanceof UpstreamUnauthorizedError) return 'unauthorized';
  if (isTimeout(error)) return 'timeout';
  if (error instanceof SlowAttemptError) return error.kind;
  return error instanceof UpstreamError && 'kind' in error ? (error.kind as FailureKind) : 'unknown';
};

export const retryAfterOf = (error: unknown): number | undefined => (error instanceof GatewayError ? error.retryAfterMs : undefined);
