/** The first step after a recovery lets through this share of the traffic before the trip… */
const FIRST_SHARE = 0.5;
/** …but at least so many calls a second: a quiet service is not starved. */
const LEAST_PER_SECOND = 2;
/** The rate doubles each time, ms. */
const STEP_MS = 500;

/**
 * Slow start after a recovery (docs/algorithms.md#ramp): the allowed rate doubles each half second until it is twice what the
 * service had before. A service that has just come back is not thrown at with everything that waited. From a quarter,
 * doubling each second, half of all good calls lost after an outage were lost here, and a service that warms up for longer
 * than any ramp was none the better for it (docs/decisions/0025).
 */
export class Ramp {
  readonly #startedAt: number;
  readonly #firstPerSecond: number;
  readonly #endPerSecond: number;
  #tokens: number;
  #countedAt: number;

  /** @param perSecond Calls a second before the trip. */
  constructor(perSecond: number, now: number) {
    this.#startedAt = now;
    this.#countedAt = now;
    this.#firstPerSecond = Math.max(LEAST_PER_SECOND, FIRST_SHARE * perSecond);
    this.#endPerSecond = 2 * perSecond + 4;
    this.#tokens = this.#firstPerSecond;
  }

  /** Whether the rate has grown beyond all need. */
  isOver(now: number): boolean {
    return this.#rateAt(now) > this.#endPerSecond;
  }

  /** Whether one more call may pass now. */
  admit(now: number): boolean {
    const rate = this.#rateAt(now);
    this.#tokens = Math.min(rate, this.#tokens + (rate * (now - this.#countedAt)) / 1000);
    this.#countedAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #rateAt(now: number): number {
    return this.#firstPerSecond * 2 ** Math.floor((now - this.#startedAt) / STEP_MS);
  }
}
