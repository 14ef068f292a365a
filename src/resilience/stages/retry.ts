import { GatewayError } from '../../errors/gatewayError.ts';
import type { Clock } from '../../time/clock.ts';
import { fullJitterMs } from '../backoff.ts';
import type { CallContext } from '../call.ts';
import type { ResiliencePolicy } from '../policy.ts';
import type { RetryBudget } from '../retryBudget.ts';

export interface RetryParts {
  readonly policy: ResiliencePolicy['retry'];
  readonly budget: RetryBudget;
  /** Whether the service is to be spared: half-way to opening, retries could push it over. */
  readonly isSuspect: () => boolean;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Milliseconds to wait before the next attempt; `undefined`: no further attempt. */
export type RetryRule = (error: unknown, context: CallContext) => number | undefined;

/**
 * Whether and when a failed attempt is repeated; the loop itself is axios-retry's. Only what may help and can do no
 * harm: a repeatable error, of an operation that may be repeated or an attempt that certainly did nothing, within the
 * deadline and the budget. An open circuit is never asked again.
 */
export const retryRule =
  ({ policy, budget, isSuspect, clock, random }: RetryParts): RetryRule =>
  (error, context) => {
    const { attempts } = context.progress;
    if (!(error instanceof GatewayError) || !error.retryable || attempts >= policy.maxAttempts) return undefined;
    if (context.idempotency === 'never' && error.execution === 'unknown') return undefined;
    const jitterMs = fullJitterMs(attempts, policy, random);
    const delayMs = error.retryAfterMs === undefined ? jitterMs : error.retryAfterMs + jitterMs;
    // A repeat that could only run into the deadline helps nobody; better to say so at once.
    if (clock.now() + delayMs >= context.deadlineAt) return undefined;
    return !isSuspect() && budget.take() ? delayMs : undefined;
  };
