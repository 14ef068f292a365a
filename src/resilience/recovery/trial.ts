import { Outcome } from '../outcome.ts';

/** What a trial says after a probe: the service is back, it is not, or more probes are needed. */
export type TrialDecision = 'recovered' | 'failed' | 'undecided';

/** The right to make one attempt while half-open. It is leased: whatever becomes of it, nothing waits for ever. */
export interface Probe {
  /** The probe's attempt ended, and it counts. */
  settle(failed: boolean): TrialDecision;
  /** It ended and says nothing either way: the next caller may probe. */
  giveBack(): void;
}

/**
 * One half-open phase. One probe at a time, one success closes. The engine follows the trial as a whole, through its
 * own half-open token, from the first probe to the decision.
 */
export class Trial {
  readonly outcome = new Outcome();
  readonly #follow: (outcome: Promise<unknown>) => void;
  #followed = false;
  #leaseUntil: number | undefined;

  constructor(follow: (outcome: Promise<unknown>) => void) {
    this.#follow = follow;
  }

  /** A probe's lease has run out without an outcome. */
  hasLostProbe(now: number): boolean {
    return this.#leaseUntil !== undefined && now >= this.#leaseUntil;
  }

  /** The right to probe, or `undefined` while it is taken. */
  admit(leaseUntil: number): Probe | undefined {
    if (this.#leaseUntil !== undefined) return undefined;
    this.#leaseUntil = leaseUntil;
    if (!this.#followed) this.#follow(this.outcome.promise);
    this.#followed = true;
    const giveBack = (): void => {
      this.#leaseUntil = undefined;
    };
    return {
      giveBack,
      settle: (failed) => {
        giveBack();
        return failed ? 'failed' : 'recovered';
      },
    };
  }
}
