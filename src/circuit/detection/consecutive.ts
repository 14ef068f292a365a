import type { Detector, Evidence, TripReason } from './detector.ts';

/** Opens after so many failures in a row. A slow success is a success here. */
export class ConsecutiveDetector implements Detector {
  readonly weighsSlowness = false;
  readonly #failures: number;
  #row = 0;

  constructor(failures: number) {
    this.#failures = failures;
  }

  record(evidence: Evidence): TripReason | undefined {
    this.#row = evidence === 'failure' || evidence === 'hung' ? this.#row + 1 : 0;
    return this.#row >= this.#failures ? 'consecutive_failures' : undefined;
  }

  failureRatio(): number {
    return this.#row === 0 ? 0 : 1;
  }

  suspicion(): number {
    return Math.min(1, this.#row / this.#failures);
  }

  reset(): void {
    this.#row = 0;
  }
}
