/** Share of the newest outcome in the moving average: about the last 330 calls count. */
const ALPHA = 0.003;
/** A service is assumed to fail somewhat more than it is seen to: a baseline is never known exactly. */
const MARGIN = 1.5;
/** Bounds of the assumption: below, one failure would weigh too much; above, too many are needed to see an outage. */
const LOWEST = 0.02;
const HIGHEST = 0.15;

/** How often a service fails when it is well, learned from its calls (docs/algorithms.md#detection). */
export class Baseline {
  #ratio = 0;

  learn(failed: boolean): void {
    this.#ratio += ALPHA * ((failed ? 1 : 0) - this.#ratio);
  }

  /** The failure ratio the detector takes for "as usual". */
  get assumedRatio(): number {
    return Math.min(HIGHEST, Math.max(LOWEST, MARGIN * this.#ratio));
  }
}
