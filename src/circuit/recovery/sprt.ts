/** Chance of closing on a service that is down, and of staying away from one that is well. */
const ERROR_RATE = 0.05;
const RECOVERED_AT = Math.log(ERROR_RATE / (1 - ERROR_RATE));
/** The failure ratio of a service that is down. */
const DOWN_RATIO = 0.5;
/** Where no baseline is learned. */
const DEFAULT_USUAL_RATIO = 0.02;

/** What a trial says after a probe: the service is back, it is not, or more probes are needed. */
export type TrialDecision = 'recovered' | 'failed' | 'undecided';

/**
 * Wald's sequential probability ratio test on half-open probes (docs/algorithms.md#recovery-test): is this the service as usual, or is it
 * still down? Five successes close at the lowest baseline, six at the highest. One failure re-opens whatever the
 * baseline: a service that is coming back and fails is one to leave alone.
 */
export class Sprt {
  readonly #perSuccess: number;
  #successes = 0;

  /** @param usualRatio The failure ratio taken for "as usual", 0 to 1. */
  constructor(usualRatio = DEFAULT_USUAL_RATIO) {
    this.#perSuccess = Math.log((1 - DOWN_RATIO) / (1 - usualRatio));
  }

  record(failed: boolean): TrialDecision {
    if (failed) return 'failed';
    this.#successes += 1;
    return this.#successes * this.#perSuccess <= RECOVERED_AT ? 'recovered' : 'undecided';
  }

  get successes(): number {
    return this.#successes;
  }

  /** Probes that may be out at once: one at first, then one more for each that came back well. */
  get concurrency(): number {
    return 1 + this.#successes;
  }
}
