/**
 * The limits of a private app on the Free tier: 100 requests in any 10 s and 250,000 a day, searches apart, 5 in any second.
 * A refused request uses up nothing.
 */
import { seconds } from '../../src/time/clock.ts';
import type { SandboxAnswer } from '../simulation/simulator.ts';
import { refusal } from './hubspotSandboxErrors.ts';

const BURST = 100;
const BURST_WINDOW_MS = seconds(10);
const SEARCHES = 5;
const SEARCH_WINDOW_MS = seconds(1);
const DAILY = 250_000;
const DAY_MS = seconds(24 * 60 * 60);

export type LimitKind = 'burst' | 'search';
export type RefusedBy = 'daily' | 'ten_secondly_rolling' | 'secondly';

/** The moments of the calls that a rolling window still holds. */
class RollingWindow {
  readonly #limit: number;
  readonly #lengthMs: number;
  #moments: number[] = [];

  constructor(limit: number, lengthMs: number) {
    this.#limit = limit;
    this.#lengthMs = lengthMs;
  }

  remaining(now: number): number {
    this.#moments = this.#moments.filter((moment) => moment > now - this.#lengthMs);
    return this.#limit - this.#moments.length;
  }

  add(now: number): void {
    this.#moments.push(now);
  }
}

export class AccountLimits {
  readonly #burst = new RollingWindow(BURST, BURST_WINDOW_MS);
  readonly #second = new RollingWindow(BURST / 10, seconds(1));
  readonly #searches = new RollingWindow(SEARCHES, SEARCH_WINDOW_MS);
  #day = 0;
  #today = 0;

  /** Counts a call, or says which limit refuses it. */
  take(kind: LimitKind, now: number): RefusedBy | undefined {
    if (this.#dailyRemaining(now) <= 0) return 'daily';
    const window = kind === 'search' ? this.#searches : this.#burst;
    if (window.remaining(now) <= 0) return kind === 'search' ? 'secondly' : 'ten_secondly_rolling';
    window.add(now);
    if (kind === 'burst') this.#second.add(now);
    this.#today += 1;
    return undefined;
  }

  /** Every answer to a search says only that it is exempt from the ten-second limit. */
  headers(kind: LimitKind, now: number): Readonly<Record<string, string>> {
    if (kind === 'search') return { 'x-hubspot-rate-limit-exemptions': '["ten-secondly"]' };
    return {
      'x-hubspot-ratelimit-max': String(BURST),
      'x-hubspot-ratelimit-remaining': String(this.#burst.remaining(now)),
      'x-hubspot-ratelimit-interval-milliseconds': String(BURST_WINDOW_MS),
      'x-hubspot-ratelimit-secondly': String(BURST / 10),
      'x-hubspot-ratelimit-secondly-remaining': String(Math.max(0, this.#second.remaining(now))),
      'x-hubspot-ratelimit-daily': String(DAILY),
      'x-hubspot-ratelimit-daily-remaining': String(this.#dailyRemaining(now)),
    };
  }

  /** For the scenario `daily_limit`. */
  useUpToday(now: number): void {
    this.#today = this.#dailyRemaining(now) + this.#today;
  }

  /** The simulated account lives by UTC: its day ends at midnight there. */
  #dailyRemaining(now: number): number {
    const day = Math.floor(now / DAY_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#today = 0;
    }
    return DAILY - this.#today;
  }
}

/** The three shapes of a 429: a search has no policy's name, and a word of its own for its kind. */
export const tooMany = (by: RefusedBy, uniqueId: string): SandboxAnswer => {
  const message = by === 'daily' ? 'You have reached your daily limit.' : `You have reached your ${by} limit.`;
  if (by === 'secondly') return refusal(429, message, { category: 'RATE_LIMITS' });
  if (by === 'daily') return refusal(429, message, { errorType: 'RATE_LIMIT', policyName: 'DAILY', requestId: uniqueId });
  return refusal(429, message, {
    errorType: 'RATE_LIMIT',
    policyName: 'TEN_SECONDLY_ROLLING',
    groupName: 'publicapi:private-app-api-calls-ten-secondly:123456',
  });
};
