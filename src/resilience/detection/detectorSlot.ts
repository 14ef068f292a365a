import type { Clock } from '../../time/clock.ts';
import type { DetectionPolicy } from '../circuitState.ts';
import { createDetector } from './createDetector.ts';
import type { Detector } from './detector.ts';

/** Suspicion from which on the service is to be spared. */
const SUSPECT_FROM = 0.5;

/** The detector in force: the policy's, or for a time one with thresholds that a person set. */
export class DetectorSlot {
  readonly #clock: Clock;
  readonly #regular: DetectionPolicy;
  #policy: DetectionPolicy;
  #detector: Detector;
  /** Wall clock, ms. */
  #until = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, regular: DetectionPolicy) {
    this.#clock = clock;
    this.#regular = regular;
    this.#policy = regular;
    this.#detector = createDetector(regular);
  }

  get current(): Detector {
    this.#endInTime();
    return this.#detector;
  }

  /** Half-way to opening. */
  get isSuspect(): boolean {
    return this.current.suspicion(this.#clock.now()) >= SUSPECT_FROM;
  }

  get policy(): DetectionPolicy {
    this.#endInTime();
    return this.#policy;
  }

  /** Judges by these thresholds until then (wall clock, ms), starting with nothing seen. */
  change(policy: DetectionPolicy, until: number): void {
    this.#policy = policy;
    this.#until = until;
    this.#detector = createDetector(policy);
  }

  #endInTime(): void {
    if (this.#clock.wallTime() >= this.#until) this.change(this.#regular, Number.POSITIVE_INFINITY);
  }
}
