/** An operation is slow from three times its learned 99th percentile on… */
const TIMES_P99 = 3;
/** …but never below this: what takes less hurts nobody. */
const FLOOR_MS = 500;

/**
 * From when on an attempt counts as slow (docs/algorithms.md#latency-learning): between 500 ms and half the attempt timeout; half the attempt
 * timeout before anything is learned.
 */
export const slowThreshold = (p99Ms: number | undefined, attemptTimeoutMs: number): number => {
  const cap = attemptTimeoutMs / 2;
  return p99Ms === undefined ? cap : Math.min(cap, Math.max(FLOOR_MS, TIMES_P99 * p99Ms));
};
