import { Baseline } from './baseline.ts';
import type { Detector, Evidence, TripReason } from './detector.ts';

/** The failure ratio of a service that is down: what the test weighs the learned baseline against. */
export const DOWN_RATIO = 0.5;
/** What a slow success weighs, as a share of a failure. */
const SLOW_WEIGHT = 0.5;
/** Of the calls since the evidence began, this share has to be bad: a long mix of good and bad is no outage. */
const RATIO_GUARD = 0.5;

/**
 * Opens when the evidence for "down" outweighs the evidence for "as usual": a Bernoulli CUSUM (Page 1954;
 * resilience E2). Each failure adds the log-likelihood ratio of the two, each success takes some away, never below 0.
 * It needs no window, no minimum of calls and no timer, so nothing can dilute it and no stall can freeze it.
 *
 * With the default threshold of 10 and a baseline of 2 %: four failures in a row open it, and at a steady 2 % of
 * failures it opens by mistake once in about 149,000 calls; at q0 = 0.1 and 10 %, once in about 121,000. The run
 * lengths are measured, seeded, in `test/unit/resilience/cusumRunLengths.test.ts`.
 */
export class CusumDetector implements Detector {
  readonly weighsSlowness = true;
  readonly #threshold: number;
  readonly #baseline = new Baseline();
  #evidence = 0;
  #calls = 0;
  #bad = 0;
  #sharpness = 1;

  /** @param threshold Evidence at which to open, in natural logarithms of odds. */
  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  record(evidence: Evidence): TripReason | undefined {
    this.#learn(evidence);
    this.#evidence = Math.max(0, this.#evidence + this.#weightOf(evidence));
    this.#count(evidence);
    if (this.#evidence < this.#limit || this.#bad < this.#calls * RATIO_GUARD) return undefined;
    return evidence === 'slow' ? 'slow_evidence' : 'failure_evidence';
  }

  /** Of the calls since the evidence last began. */
  failureRatio(): number {
    return this.#calls === 0 ? 0 : this.#bad / this.#calls;
  }

  suspicion(): number {
    return Math.min(1, this.#evidence / this.#limit);
  }

  /** Forgets the evidence, not the baseline: what the service is like when it is well stays true. */
  reset(): void {
    this.#evidence = 0;
    this.#calls = 0;
    this.#bad = 0;
  }

  sharpen(share: number): void {
    this.#sharpness = share;
  }

  get usualRatio(): number {
    return this.#baseline.assumedRatio;
  }

  get #limit(): number {
    return this.#threshold * this.#sharpness;
  }

  /** In suspicion the baseline stands still: an outage must not teach us that failing is normal. */
  #learn(evidence: Evidence): void {
    if (this.#evidence < this.#threshold / 2) this.#baseline.learn(evidence === 'failure');
  }

  #weightOf(evidence: Evidence): number {
    const usual = this.#baseline.assumedRatio;
    if (evidence === 'success') return Math.log((1 - DOWN_RATIO) / (1 - usual));
    const failure = Math.log(DOWN_RATIO / usual);
    return evidence === 'slow' ? failure * SLOW_WEIGHT : failure;
  }

  #count(evidence: Evidence): void {
    if (this.#evidence === 0) {
      this.#calls = 0;
      this.#bad = 0;
      return;
    }
    this.#calls += 1;
    if (evidence !== 'success') this.#bad += 1;
  }
}
