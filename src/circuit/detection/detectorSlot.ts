import type { Clock } from '../../time/clock.ts';
import type { DetectionChange, DetectionPolicy } from '../../contract/circuitState.ts';
import { createDetector } from './createDetector.ts';
import type { Detector, Sign, TripReason } from './detector.ts';
import { Silence, type Unanswered } from './silence.ts';

/** Suspicion from which on the service is to be spared. */
const SUSPECT_FROM = 0.5;

/**
 * The detector in force, the policy's, or for a time one with thresholds that a person set; and beside it the silence of the
 * service, which opens whatever the strategy.
 */
export class DetectorSlot {
  readonly #clock: Clock;
  readonly #regular: DetectionPolicy;
  readonly #silence = new Silence();
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

  /** How near to opening, 0 to 1. */
  get suspicion(): number {
    return Math.max(this.current.suspicion(this.#clock.now()), this.#silence.share);
  }

  /** Half-way to opening. */
  get isSuspect(): boolean {
    return this.suspicion >= SUSPECT_FROM;
  }

  get policy(): DetectionPolicy {
    this.#endInTime();
    return this.#policy;
  }

  /**
   * Takes in what an attempt has shown. A reason means: open now.
   *
   * @param unanswered The attempt, if it has no answer.
   */
  record(sign: Sign, unanswered?: Unanswered): TripReason | undefined {
    if (unanswered !== undefined) this.heardNothing(sign, unanswered);
    const trip = sign === 'gone' ? undefined : this.current.record(sign, this.#clock.now());
    if (trip !== undefined || this.#silence.share < 1) return trip;
    return sign === 'slow' ? 'slow_evidence' : 'no_answers';
  }

  /** An attempt has no answer. @returns whether the service is suspect for that alone. */
  heardNothing(sign: Sign, unanswered: Unanswered): boolean {
    this.#silence.heardNothing(sign, unanswered, this.policy.strategy === 'cusum');
    return this.#silence.share >= SUSPECT_FROM;
  }

  /** The service has answered, whatever it said. */
  answered(): void {
    this.#silence.answered(this.#clock.now());
  }

  /** Forgets the evidence, as after a recovery: old failures must not count twice. */
  reset(): void {
    this.current.reset();
    this.endSilence();
  }

  /** What was not answered before says nothing from here on. */
  endSilence(): void {
    this.#silence.clear();
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
    this.endSilence();
  }
}
