/**
 * Where every service starts: careful with one that nobody has measured yet. Its descriptor says what is otherwise for it.
 * The tables of `docs/policies.md` show the result.
 */
import { seconds } from '../time/clock.ts';
import type { ResiliencePolicy } from './policy.ts';

/**
 * For who prefers a share of failures in a window (`X_CIRCUIT_ERROR_THRESHOLD_PERCENTAGE`): short, for a quick verdict;
 * ten calls keep one bad second of a quiet service from opening it.
 */
export const rateDetection = {
  strategy: 'rate',
  windowMs: seconds(10),
  minimumCalls: 10,
  failureRatePercent: 50,
  slowRatePercent: 50,
} as const;

export const generalPolicy = {
  attemptTimeoutMs: seconds(5),
  deadlineMs: seconds(15),
  /** Two retries at most: beyond them the deadline is usually over, and the service has enough to bear. */
  retry: { maxAttempts: 3, baseDelayMs: 100, maxDelayMs: seconds(5), budgetPercent: 20 },
  circuit: {
    /** The evidence of four failures in a row, at the lowest baseline; its false-alarm rate is said in `cusum.ts`. */
    detection: { strategy: 'cusum', threshold: 10 },
    openForMs: seconds(5),
    openForCapMs: seconds(30),
    /** Half as long as callers may be kept waiting for a service that is back; a cheap call each. */
    recoveryProbeMs: 2500,
  },
  /** At least two, so that one call that hangs does not keep all others out. */
  bulkhead: { startConcurrent: 10, minConcurrent: 2, maxConcurrent: 20, maxQueued: 40, maxWaitMs: 100 },
} as const satisfies ResiliencePolicy;
