import { GatewayError, type ErrorCode, type Verdict } from '../errors/gatewayError.ts';
import {
  CallCancelledError,
  DeadlineExceededError,
  SlowAttemptError,
  UpstreamContractBrokenError,
  UpstreamError,
  UpstreamQuotaExhaustedError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
  UpstreamUnauthorizedError,
  type FailureKind,
} from '../errors/upstreamErrors.ts';
import type { Evidence } from './detection/detector.ts';

/** What an attempt shows to its circuit; `unanswered`: its caller had no more patience, or left. */
export type Finding = Exclude<Evidence, 'hung'> | 'unanswered' | 'ignored' | 'unauthorized' | 'spent';

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
  if (verdict === 'ignored' && (isTimeout(error) || error instanceof CallCancelledError)) return 'unanswered';
  return verdict === 'success' && wasSlow ? 'slow' : verdict;
};

export const isTimeout = (error: unknown): boolean => error instanceof UpstreamTimeoutError || error instanceof DeadlineExceededError;

/** Codes of what a service says, whatever it is. */
const ANSWERS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream_rejected',
  'upstream_unauthorized',
  'upstream_quota_exhausted',
  'upstream_rate_limited',
  'upstream_contract_broken',
]);

/** Whether the service has said anything at all: a value, a refusal, an error of its own. */
export const isAnswer = (error: unknown): boolean => {
  if (error === undefined) return true;
  if (!(error instanceof GatewayError)) return false;
  return ANSWERS.has(error.code) || (error instanceof UpstreamUnavailableError && error.kind === 'http_5xx');
};

/** Whether a failure may be about one record: the service has answered, and could not deal with what it was asked. */
export const isAboutRecord = (error: unknown): boolean =>
  error instanceof UpstreamContractBrokenError || (error instanceof UpstreamUnavailableError && error.kind === 'http_5xx');

/** Of several records: one of them may be at fault, and is parted from the others. A service that says when to come again speaks for itself. */
export const mayBeOneRow = (error: unknown): boolean => isAboutRecord(error) && retryAfterOf(error) === undefined;

/** What kind of failure it was, for people. */
export const kindOf = (error: unknown): FailureKind | 'unauthorized' | 'unknown' => {
  if (error instanceof UpstreamUnauthorizedError) return 'unauthorized';
  if (isTimeout(error)) return 'timeout';
  if (error instanceof SlowAttemptError) return error.kind;
  return error instanceof UpstreamError && 'kind' in error ? (error.kind as FailureKind) : 'unknown';
};

export const retryAfterOf = (error: unknown): number | undefined => (error instanceof GatewayError ? error.retryAfterMs : undefined);
