/**
 * How many jobs of a service may be under way now. Callers who wait go first: the queue takes what they leave.
 */
import type { QuotaState } from '../pipeline/quotaBoard.ts';
import type { CircuitSnapshot } from '../contract/circuitState.ts';
import { minutes } from '../time/clock.ts';

/** At once, of one service and one process. Few: what waits already waits, and each takes a place from a caller. */
export const MAX_DRAINING = 4;
/** While the service is being tried, one job tells as much as four. */
const DRAINING_ON_TRIAL = 1;
/** Above this share of the bulkhead in use, callers may soon need the rest. */
const BULKHEAD_SHARE = 0.5;
/**
 * This share of the quota of a day is left to callers. Shorter windows are the governor's: it makes a job wait in its own lane,
 * behind callers (docs/decisions/0015-quota-governor.md).
 */
const QUOTA_RESERVE = 0.2;
/** A reading holds so long, ms: the day has not moved on, but nobody may be calling; then a few jobs a minute renew it. */
const READING_HOLDS_MS = minutes(1);

export interface PaceReadings {
  readonly circuit: Pick<CircuitSnapshot, 'effectiveState'>;
  readonly bulkhead: { readonly limit: number; readonly inFlight: number };
  /** Of this service. */
  readonly quotas: readonly QuotaState[];
  /** Jobs of this service under way; a part of `inFlight`. */
  readonly draining: number;
  /** Wall clock, ms. */
  readonly wallTime: number;
}

const isScarce = ({ window, limit, remaining, at }: QuotaState, wallTime: number): boolean => {
  if (window !== 'day' || limit === undefined || remaining === undefined) return false;
  return wallTime - at < READING_HOLDS_MS && remaining <= limit * QUOTA_RESERVE;
};

const atMost = ({ effectiveState }: PaceReadings['circuit']): number => {
  if (effectiveState === 'open' || effectiveState === 'forced_open') return 0;
  return effectiveState === 'half_open' ? DRAINING_ON_TRIAL : MAX_DRAINING;
};

/** How many more jobs may begin. */
export const roomForJobs = ({ circuit, bulkhead, quotas, draining, wallTime }: PaceReadings): number => {
  if (quotas.some((quota) => isScarce(quota, wallTime))) return 0;
  const room = Math.max(1, bulkhead.limit * BULKHEAD_SHARE) - bulkhead.inFlight;
  return Math.max(0, Math.min(atMost(circuit) - draining, Math.floor(room)));
};
