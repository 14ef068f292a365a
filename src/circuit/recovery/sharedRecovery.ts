/**
 * How services that failed together are looked after (docs/algorithms.md#common-cause-incidents): often, for the cause is likely to go at one
 * stroke, and in turn, so that what comes back is not met by all of them at once. Not by spending what is left of a day's
 * quota: then real calls find out.
 */
import { seconds } from '../../time/clock.ts';
import type { Incident } from '../../contract/incident.ts';
import type { QuotaSeen } from './quotaForecast.ts';

/** What a recovery may ask before it plans its next step; `undefined`: its own rules hold. */
export interface SharedRecoveries {
  recoveryOf(circuit: string): SharedRecovery | undefined;
}

export interface SharedRecovery {
  /** Until it is this service's turn to be probed, ms; above 0, at most five seconds. */
  readonly nextProbeInMs: number;
  /** Too little is left of its quota for the day: no probes of our own. */
  readonly sparesQuota: boolean;
}

/** Who asks. */
interface Member {
  readonly service: string;
  /** What it last said of its quota for the day, if it has one. */
  readonly dailyQuota?: QuotaSeen | undefined;
}

/** In which every service has its turn, ms. */
const ROUND_MS = seconds(5);
/** Between the turns of two services, ms. */
const STAGGER_MS = seconds(1);
/** Less than this share of a day's quota is for callers. */
const SCARCE = 0.1;

/** @param now Monotonic ms. @returns `undefined` if the service is not part of the incident. */
export const sharedRecovery = (
  { beganAt, services }: Incident,
  { service, dailyQuota }: Member,
  now: number,
): SharedRecovery | undefined => {
  const place = services.indexOf(service);
  if (place < 0) return undefined;
  const sinceTurnMs = (now - beganAt - (place + 1) * STAGGER_MS) % ROUND_MS;
  return { nextProbeInMs: sinceTurnMs < 0 ? -sinceTurnMs : ROUND_MS - sinceTurnMs, sparesQuota: isScarce(dailyQuota) };
};

const isScarce = ({ limit, remaining }: QuotaSeen = {}): boolean =>
  limit !== undefined && remaining !== undefined && remaining < SCARCE * limit;
