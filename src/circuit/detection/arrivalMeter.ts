/** Share of the newest second in the moving average. */
const ALPHA = 0.3;

/** Calls a second, as a moving average over the last few seconds. */
export class ArrivalMeter {
  #perSecond = 0;
  #count = 0;
  #secondStartsAt: number;
  #isFirst = true;

  constructor(now: number) {
    this.#secondStartsAt = now;
  }

  arrived(now: number): void {
    if (now - this.#secondStartsAt >= 1000) this.#close(now);
    this.#count += 1;
  }

  perSecond(now: number): number {
    if (now - this.#secondStartsAt >= 1000) this.#close(now);
    // Before the first second is over, what was counted in it is all there is.
    return this.#isFirst ? this.#count : this.#perSecond;
  }

  /** Silence counts as well: each second without a call is a zero. */
  #close(now: number): void {
    const passed = Math.floor((now - this.#secondStartsAt) / 1000);
    this.#perSecond = this.#isFirst ? this.#count : this.#perSecond + ALPHA * (this.#count - this.#perSecond);
    if (passed > 1) this.#perSecond *= (1 - ALPHA) ** Math.min(passed - 1, 100);
    this.#isFirst = false;
    this.#count = 0;
    this.#secondStartsAt += passed * 1000;
  }
}
