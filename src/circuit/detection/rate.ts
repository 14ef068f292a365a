import type { DetectionPolicy } from '../../contract/circuitState.ts';
import type { Detector, Evidence, TripReason } from './detector.ts';
import { SlidingWindow } from './slidingWindow.ts';

type RatePolicy = Extract<DetectionPolicy, { strategy: 'rate' }>;

/**
 * Opens when, of at least `minimumCalls` in the window, `failureRatePercent` failed or `slowRatePercent` were slow.
 * At the percentage, not above it: 50 means half. Only ended attempts count, each once, so nothing dilutes the rate.
 */
export class RateDetector implements Detector {
  readonly weighsSlowness = true;
  readonly #policy: RatePolicy;
  readonly #window: SlidingWindow;

  constructor(policy: RatePolicy) {
    this.#policy = policy;
    this.#window = new SlidingWindow(policy.windowMs);
  }

  record(evidence: Evidence, now: number): TripReason | undefined {
    const { calls, failures, slow } =
      evidence === 'hung'
        ? this.#window.slowFailed(now)
        : this.#window.add({ failed: evidence === 'failure', slow: evidence === 'slow' }, now);
    if (calls < this.#policy.minimumCalls || evidence === 'success') return undefined;
    if (failures * 100 >= calls * this.#policy.failureRatePercent) return 'failure_rate';
    // A slow failure is a failure already; both kinds together tell how little of the service is left.
    if ((slow + failures) * 100 >= calls * this.#policy.slowRatePercent && slow > 0) return 'slow_rate';
    return undefined;
  }

  failureRatio(now: number): number {
    const { calls, failures } = this.#window.at(now);
    return calls === 0 ? 0 : failures / calls;
  }

  suspicion(now: number): number {
    const { calls, failures, slow } = this.#window.at(now);
    if (calls === 0) return 0;
    const evidence = Math.max(failures / this.#policy.failureRatePercent, (slow + failures) / this.#policy.slowRatePercent);
    const confidence = Math.min(1, calls / this.#policy.minimumCalls);
    return Math.min(1, (evidence * 100 * confidence) / calls);
  }

  reset(): void {
    this.#window.clear();
  }
}
