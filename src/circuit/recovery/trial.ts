/**
 * What a half-open circuit asks before it lets an attempt out: by the rules of one process (`localTrial.ts`), or with the
 * fleet's leave (`../fleet/fleetTrial.ts`).
 */
import type { Outcome } from '../../contract/outcome.ts';
import type { TrialDecision } from './sprt.ts';

export interface TrialProgress {
  readonly good: number;
  readonly out: number;
}

/** The right to make one attempt while half-open. It is leased: whatever becomes of it, nothing waits for ever. */
export interface Probe {
  /**
   * The probe's attempt ended, and it counts.
   *
   * @param retryAfterMs What the service asked for with the failure.
   */
  settle(failed: boolean, retryAfterMs?: number): TrialDecision;
  /** It ended and says nothing either way: the next caller may probe. */
  giveBack(): void;
  /** The service answered, and that is all: as with a rate limit. The next caller may probe, but a trial does not last for ever on answers. */
  answered(): TrialDecision;
}

/** One half-open phase, until it is decided. The engine follows it as a whole, through its own half-open token. */
export interface Trial {
  readonly outcome: Outcome;
  /** A probe's lease has run out without an outcome. */
  hasLostProbe(now: number): boolean;
  /** Whether a probe would be let out now, or would show that one is lost. */
  wantsProbe(now: number): boolean;
  /** The right to probe, or `undefined` while all are taken. @param leaseUntil Monotonic ms. */
  admit(leaseUntil: number): Probe | undefined;
  /** What is held for a probe that will not be made is for others. */
  giveWay?(): void;
  /** For people: probes that came back well, and that are out. Of this process. */
  readonly progress: TrialProgress;
}
