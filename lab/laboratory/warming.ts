/**
 * A service that comes back slowly: its capacity grows over the phase, and whoever asks for more than there is kills it
 * again for a while. A bucket of tokens, so that the odd pair of calls is no herd.
 */
import type { Period } from './timeline.ts';

/** Tokens a second that even the coldest service has, and the least it can save up. */
const LEAST_PER_SECOND = 1;
const LEAST_BURST = 2;

export class Warming {
  readonly #offeredPerSecond: number;
  #tokens = LEAST_BURST;
  #countedAt = 0;
  #downUntil = -1;

  constructor(offeredPerSecond: number) {
    this.#offeredPerSecond = offeredPerSecond;
  }

  /** Whether one more request would be borne, or is not only because of those who came before. */
  wouldBear(period: Period, now: number): boolean {
    return now < this.#downUntil || this.#refilled(period, now) >= 1;
  }

  /** A request comes in. `false`: the service is down, or goes down now. */
  bear(period: Period, now: number): boolean {
    const { warming } = period.phase;
    if (warming === undefined) return true;
    if (now < this.#downUntil) return false;
    this.#tokens = this.#refilled(period, now);
    this.#countedAt = now;
    if (this.#tokens < 1) {
      this.#downUntil = now + warming.collapseSeconds * 1000;
      return false;
    }
    this.#tokens -= 1;
    return true;
  }

  #refilled({ phase, startsAt, endsAt }: Period, now: number): number {
    if (phase.warming === undefined) return Infinity;
    const { fromShare, toShare } = phase.warming;
    const progress = (now - startsAt) / (endsAt - startsAt);
    const perSecond = Math.max(LEAST_PER_SECOND, this.#offeredPerSecond * (fromShare + (toShare - fromShare) * progress));
    const sinceMs = now - Math.max(this.#countedAt, startsAt);
    return Math.min(Math.max(LEAST_BURST, perSecond / 2), this.#tokens + (sinceMs / 1000) * perSecond);
  }
}
