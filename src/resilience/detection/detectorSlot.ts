import type { Clock } from '../../time/clock.ts';
import type { DetectionChange, DetectionPolicy } from '../circuitState.ts';
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
  #change: DetectionChange | undefined;

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

  /** Whose thresholds are in force, and until when; `undefined`: the policy's. */
  get change(): DetectionChange | undefined {
    this.#endInTime();
    return this.#change;
  }

  /** Judges by these thresholds until the change ends, starting with nothing seen. */
  impose(policy: DetectionPolicy, change: DetectionChange): void {
    this.#use(policy, change);
  }

  /** Ends a change early; the policy's detector starts with nothing seen. Without one, nothing happens. */
  restore(): void {
    if (this.#change !== undefined) this.#use(this.#regular, undefined);
  }

  #endInTime(): void {
    if (this.#change !== undefined && this.#clock.wallTime() >= this.#change.until) this.restore();
  }

  #use(policy: DetectionPolicy, change: DetectionChange | undefined): void {
    this.#policy = policy;
    this.#change = change;
    this.#detector = createDetector(policy);
  }
}
