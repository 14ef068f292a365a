import { GatewayError } from '../../errors/gatewayError.ts';
import { CircuitOpenError } from '../../errors/upstreamErrors.ts';
import type { Clock } from '../../time/clock.ts';
import { fullJitterMs } from '../../time/backoff.ts';
import type { CallContext } from '../../contract/call.ts';
import type { ResiliencePolicy } from '../../contract/policy.ts';
import type { CallRetries } from './retryBudget.ts';
import type { RetryCause } from './retryTokens.ts';
import { mayBeOneRow } from '../../circuit/verdict.ts';

/** A service that throttles and does not say for how long is left alone for longer, ms (AWS' figure). */
const THROTTLE_BASE_MS = 1000;

/** A ramp lets through twice as many calls every 500 ms: a call that it held back asks again after half to all of this, ms. */
const RAMP_PAUSE_MS = 300;

export interface RetryParts {
  readonly policy: ResiliencePolicy['retry'];
  /** Whether the service is to be spared: half-way to opening, retries could push it over. */
  readonly isSuspect: () => boolean;
  /** What the operation usually takes, ms, where that was learned. */
  readonly usualMs: (operation: string) => number | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Milliseconds to wait before the next attempt; `undefined`: no further attempt. */
export type RetryRule = (error: unknown, context: CallContext, retries: CallRetries) => number | undefined;

/**
 * Whether and when a failed attempt is repeated; the loop itself is axios-retry's. Only what may help and can do no
 * harm: a repeatable error, of an operation that may be repeated or an attempt that certainly did nothing, in time for an
 * answer within the deadline, and within the budget. An open circuit is never asked again. After a recovery, a call that the
 * ramp holds back waits: the service is healthy, and to refuse for it would be our own doing.
 */
export const retryRule =
  ({ policy, isSuspect, usualMs, clock, random }: RetryParts): RetryRule =>
  (error, context, retries) => {
    const { attempts } = context.progress;
    const usual = usualMs(context.site.operation) ?? 0;
    if (isHeldByRamp(error, context)) {
      const pauseMs = (RAMP_PAUSE_MS * (1 + random())) / 2;
      return clock.now() + pauseMs + usual < context.deadlineAt ? pauseMs : undefined;
    }
    if (!(error instanceof GatewayError) || attempts >= policy.maxAttempts || !helps(error, context)) return undefined;
    const cause: RetryCause = error.code === 'upstream_rate_limited' ? 'throttle' : 'failure';
    const delayMs = delayAfter(error, cause, attempts, policy, random);
    // A repeat that could only run into the deadline helps nobody; better to say so at once.
    if (clock.now() + delayMs + usual >= context.deadlineAt) return undefined;
    return !isSuspect() && retries.take(cause) ? delayMs : undefined;
  };

/** A write that may wait in the queue waits there; and what comes from the queue is paced by it. */
const isHeldByRamp = (error: unknown, { mayWait, lane }: CallContext): boolean =>
  error instanceof CircuitOpenError && error.reason === 'ramping' && mayWait !== true && lane !== 'drain';
/** Whether a repeat may help, can do no harm, and is not made otherwise: from the queue, or by parts. */
const helps = (error: GatewayError, context: CallContext): boolean => {
  if (!error.retryable || (context.isDivisible === true && mayBeOneRow(error))) return false;
  if (context.idempotency === 'never' && error.execution === 'unknown') return false;
  return !(context.mayWait === true && error.code === 'upstream_unavailable' && error.execution === 'not_sent');
};

/** What the service asked for and a little more, so that not all come back at once; else a guess. */
const delayAfter = (
  { retryAfterMs }: GatewayError,
  cause: RetryCause,
  attempts: number,
  policy: ResiliencePolicy['retry'],
  random: () => number,
): number => {
  if (retryAfterMs !== undefined) return retryAfterMs + fullJitterMs(attempts, policy, random);
  const baseDelayMs = cause === 'throttle' ? Math.max(THROTTLE_BASE_MS, policy.baseDelayMs) : policy.baseDelayMs;
  return fullJitterMs(attempts, { ...policy, baseDelayMs }, random);
};
