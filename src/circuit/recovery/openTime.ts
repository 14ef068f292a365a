import { minutes } from '../../time/clock.ts';
import { TRIAL_EVERY_MS } from '../../time/backoff.ts';

/** A recovery that lasts this long wipes out the openings before it. */
export const LASTING_RECOVERY_MS = minutes(2);
/** Nobody mends a credential within seconds; asking more often only fills the provider's audit log. */
export const CREDENTIAL_OPEN_MS = minutes(1);

/**
 * How long to stay open: doubling from base to cap, a uniformly random half of it taken off, so that replicas which
 * opened together do not probe together (docs/algorithms.md#open-time).
 *
 * @param openings Openings in a row before this one, from 0.
 * @param retryAfterMs What the service asked for, if it did: then at least that, plus up to 10 %. Of a long time only a part: at
 *   its end a trial shows whether it is still meant.
 * @returns Milliseconds; at most `TRIAL_EVERY_MS`, or the policy's own cap if that is longer.
 */
export const openTimeMs = (
  policy: { readonly openForMs: number; readonly openForCapMs: number },
  openings: number,
  random: () => number,
  retryAfterMs = 0,
): number => {
  const doubled = Math.min(policy.openForCapMs, policy.openForMs * 2 ** Math.min(openings, 30));
  const jittered = doubled * (0.5 + random() / 2);
  if (retryAfterMs <= jittered) return jittered;
  return Math.max(jittered, Math.min(TRIAL_EVERY_MS, retryAfterMs * (1 + random() / 10)));
};
