/**
 * The port between a circuit breaker and the rule that decides when to open it. Rules are pure: `now` is a
 * parameter, on the monotonic clock, in ms.
 */

/**
 * One judged attempt. `slow`: it took longer than its slow threshold, whether or not it has ended since. `hung`: one that was
 * judged slow while in flight has timed out since, so it is a failure after all.
 */
export type Evidence = 'success' | 'slow' | 'hung' | 'failure';

/** What an attempt shows to its circuit; `gone`: its caller left before there was an answer, which alone says nothing. */
export type Sign = Evidence | 'gone';

/** Why a circuit opens; a metric label. */
export type TripReason = 'failure_evidence' | 'slow_evidence' | 'failure_rate' | 'slow_rate' | 'consecutive_failures' | 'no_answers';

export interface Detector {
  /** Whether slowness is evidence to it. If not, an attempt that hangs counts by how it ends. */
  readonly weighsSlowness: boolean;
  /** Takes in one judged attempt. A reason means: open now. */
  record(evidence: Evidence, now: number): TripReason | undefined;
  /** Share of failures in what the rule looks at, 0 to 1. */
  failureRatio(now: number): number;
  /** How near the rule is to opening, 0 to 1. */
  suspicion(now: number): number;
  /** Forgets the evidence, as after a recovery: old failures must not count twice. */
  reset(): void;
  /** Opens at this share of the usual evidence: below 1 while a recovery is young. Not every rule has degrees. */
  sharpen?(share: number): void;
  /** The failure ratio taken for "as usual", where the rule learns one. */
  readonly usualRatio?: number;
}
