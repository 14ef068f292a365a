import { minutes } from './clock.ts';

/** However long a service asks us to stay away: more than an hour is a mistake of its. */
export const LONGEST_PAUSE_MS = minutes(60);
/** So often during a longer pause, a single call shows whether it is still meant. */
export const TRIAL_EVERY_MS = minutes(5);

/**
 * Full-jitter backoff: a uniformly random pause in [0, base * 2^(attempt - 1)), capped.
 *
 * @param attempt The attempt that just failed, counted from 1.
 * @param random Source of [0, 1).
 * @returns Milliseconds to wait before the next attempt.
 */
export const fullJitterMs = (
  attempt: number,
  policy: { readonly baseDelayMs: number; readonly maxDelayMs: number },
  random: () => number,
): number => random() * Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1));
