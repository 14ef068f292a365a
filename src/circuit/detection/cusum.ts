import { ArrivalMeter } from './arrivalMeter.ts';
import { Baseline } from './baseline.ts';
import type { Detector, Evidence, TripReason } from './detector.ts';

/** The failure ratio of a service that is down: what the test weighs the learned baseline against. */
export const DOWN_RATIO = 0.5;
/** What a slow success weighs, as a share of a failure; if it times out after all, it weighs a whole one. */
const SLOW_WEIGHT = 0.5;
/** Of the calls since the evidence began, this share has to be bad: a long mix of good and bad is no outage… */
const RATIO_GUARD = 0.5;
/** …and of them about the last twenty count, so that a long mix does not hide the outage it may end in. */
const KEPT = 0.95;
/** False alarms come by calls, those who are woken by them live by hours: beyond this rate more evidence is asked for. */
const CALM_PER_SECOND = 26;
/** How much more, for each e-fold of it: a unit of evidence makes false alarms more than e times as rare. */
const PER_E_FOLD = 0.9;

/**
 * Opens when the evidence for "down" outweighs the evidence for "as usual": a Bernoulli CUSUM (Page 1954;
 * docs/algorithms.md#detection). Each failure adds the log-likelihood ratio of the two, each success takes some away, never below 0.
 * It needs no window, no minimum of calls and no timer, so nothing can dilute it and no stall can freeze it.
 *
 * Measured on this very class, learned baseline and guard included, with the default threshold of 10: four failures
 * in a row open it, or seven slow answers; of a service that has begun to fail 60 % of its calls it takes 7.5 calls on
 * average, of one that fails 30 %, half the time no more than 50, and 255 on average. Where 5 % of failures are usual, 60 % takes 13
 * calls; where 10 % are, nine failures in a row. At a steady 2 % it opens by mistake once in about 1.87 million calls, at
 * 8 % more rarely still; a threshold of 8 would do so once in 132,000.
 *
 * That is by calls; people count by hours. Up to 26 calls a second it is less than one false alarm in twenty hours.
 * Beyond, the threshold grows by the logarithm of the rate, which makes them as much rarer as there are more calls: at
 * 50 calls a second one in about 4 million (0.04 an hour), at 500 one in about 68 million (0.03 an hour), where it
 * takes four failures in a row, too, but five where 2 % are usual. So an outage at 20 calls a second is seen in 0.2 s, and one at 500 in
 * 10 ms after its first failure. The figures by calls, and the law of the rate, are held, seeded, within 20 % in
 * `test/unit/circuit/detection/cusumRunLengths.test.ts`; those by hours follow, and were measured so (16 runs and more).
 */
export class CusumDetector implements Detector {
  readonly weighsSlowness = true;
  readonly #threshold: number;
  readonly #baseline = new Baseline();
  readonly #arrivals = new ArrivalMeter(0);
  /** At which it opens: the threshold, and more of it the more calls there are. */
  #limit: number;
  #evidence = 0;
  #calls = 0;
  #bad = 0;
  #sharpness = 1;

  /** @param threshold Evidence at which to open, in natural logarithms of odds, at up to 26 calls a second. */
  constructor(threshold: number) {
    this.#threshold = threshold;
    this.#limit = threshold;
  }

  record(evidence: Evidence, now: number): TripReason | undefined {
    this.#measureRate(now);
    this.#learn(evidence);
    // More than enough is not kept: what was bad for an hour must not take an hour to be forgiven.
    this.#evidence = Math.min(this.#limit, Math.max(0, this.#evidence + this.#weightOf(evidence)));
    if (evidence !== 'hung') this.#count(evidence);
    if (this.#evidence < this.#limit * this.#sharpness || this.#bad < this.#calls * RATIO_GUARD) return undefined;
    return evidence === 'slow' ? 'slow_evidence' : 'failure_evidence';
  }

  /** Of the latest calls since the evidence last began. */
  failureRatio(): number {
    return this.#calls === 0 ? 0 : this.#bad / this.#calls;
  }

  suspicion(): number {
    return Math.min(1, this.#evidence / (this.#limit * this.#sharpness));
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

  /** Asks for more evidence the more calls there are. */
  #measureRate(now: number): void {
    this.#arrivals.arrived(now);
    this.#limit = this.#threshold + PER_E_FOLD * Math.log(Math.max(1, this.#arrivals.perSecond(now) / CALM_PER_SECOND));
  }

  /** In suspicion the baseline stands still: an outage must not teach us that failing is normal. */
  #learn(evidence: Evidence): void {
    if (this.#evidence < this.#limit / 2) this.#baseline.learn(evidence === 'failure' || evidence === 'hung');
  }

  #weightOf(evidence: Evidence): number {
    const usual = this.#baseline.assumedRatio;
    if (evidence === 'success') return Math.log((1 - DOWN_RATIO) / (1 - usual));
    const failure = Math.log(DOWN_RATIO / usual);
    if (evidence === 'slow') return failure * SLOW_WEIGHT;
    // The other part of it was counted when it became slow.
    return evidence === 'hung' ? failure * (1 - SLOW_WEIGHT) : failure;
  }

  #count(evidence: Evidence): void {
    if (this.#evidence === 0) {
      this.#calls = 0;
      this.#bad = 0;
      return;
    }
    this.#calls = this.#calls * KEPT + 1;
    this.#bad = this.#bad * KEPT + (evidence === 'success' ? 0 : 1);
  }
}
