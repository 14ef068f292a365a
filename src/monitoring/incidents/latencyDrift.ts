import { minutes } from '../../time/clock.ts';
import { LatencyModel } from '../../time/latencyModel.ts';

/** Half the smallest shift worth finding, in standard deviations: what lies below it speaks for "as usual". */
const ALLOWANCE = 0.5;
/** Sum at which to warn. */
const THRESHOLD = 8;
/** Half-way there, nothing more is learned: a drift must not teach us that it is usual while it is being weighed. */
const LEARNS_BELOW = THRESHOLD / 2;
/** A single call tells no more than this, in standard deviations: one monster is no drift. */
const WINSOR_SIGMAS = 3;
/** The sum grows no further, so that a service that is quick again is soon seen to be. */
const CEILING = 2 * THRESHOLD;
/** A drift that lasts this long without an outage is how the service is from now on, ms. */
const NEW_USUAL_AFTER_MS = minutes(2);

/** `cut_off`: a time-out ended it. It took at least so long, and teaches nothing of what is usual. */
export type Measured = 'whole' | 'cut_off';

/**
 * Sees a service become slower before it fails: a CUSUM on how far out each latency lies, in standard deviations of its
 * operation's logarithm (docs/algorithms.md#early-warnings). What is usual is learned as it goes.
 *
 * At no change it warns by mistake once in about 18,000 calls. A shift of two standard deviations is found after 6.5
 * calls on average, one of one after 20; of the latter, two in a thousand are taken for the new usual before they are
 * found. Measured, seeded, after a thousand calls to learn from, in
 * `test/unit/monitoring/incidents/latencyDriftRuns.test.ts`.
 */
export class LatencyDrift {
  /** The operations are the descriptor's, so there are no more models than those. */
  readonly #models = new Map<string, LatencyModel>();
  #sum = 0;
  #alarmedAt: number | undefined;

  /**
   * Takes in one attempt.
   *
   * @param now Monotonic ms.
   * @returns whether the service is drifting.
   */
  record(operation: string, durationMs: number, measured: Measured, now: number): boolean {
    if (this.#alarmedAt !== undefined && now - this.#alarmedAt >= NEW_USUAL_AFTER_MS) this.#startAnew();
    const model = this.#modelOf(operation);
    this.#add(Math.min(WINSOR_SIGMAS, model.distanceOf(durationMs)) - ALLOWANCE, measured);
    if (this.#sum >= THRESHOLD) this.#alarmedAt ??= now;
    if (this.#sum === 0) this.#alarmedAt = undefined;
    if (this.#sum < LEARNS_BELOW && this.#alarmedAt === undefined && measured === 'whole') model.learn(durationMs);
    return this.#alarmedAt !== undefined;
  }

  /** Forgets the evidence, not what is usual: as after an outage. */
  reset(): void {
    this.#sum = 0;
    this.#alarmedAt = undefined;
  }

  #add(excess: number, measured: Measured): void {
    // An attempt cut off early might have become anything: a time-out can speak for slowness only.
    const counted = measured === 'cut_off' ? Math.max(0, excess) : excess;
    this.#sum = Math.min(CEILING, Math.max(0, this.#sum + counted));
  }

  #modelOf(operation: string): LatencyModel {
    const known = this.#models.get(operation);
    if (known !== undefined) return known;
    const model = new LatencyModel();
    this.#models.set(operation, model);
    return model;
  }

  #startAnew(): void {
    this.reset();
    this.#models.clear();
  }
}
