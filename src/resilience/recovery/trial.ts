import { Outcome } from '../outcome.ts';
import { Sprt, type TrialDecision } from './sprt.ts';

/** The right to make one attempt while half-open. It is leased: whatever becomes of it, nothing waits for ever. */
export interface Probe {
  /** The probe's attempt ended, and it counts. */
  settle(failed: boolean): TrialDecision;
  /** It ended and says nothing either way: the next caller may probe. */
  giveBack(): void;
}

/**
 * One half-open phase: one probe at first, one more with each success, until the test has decided. The engine follows
 * the trial as a whole, through its own half-open token, from the first probe to the decision.
 */
export class Trial {
  readonly outcome = new Outcome();
  readonly #follow: (outcome: Promise<unknown>) => void;
  readonly #test: Sprt;
  /** When the lease of each probe that is out ends; monotonic ms. */
  readonly #leases = new Map<Probe, number>();
  #followed = false;

  /** @param usualRatio The failure ratio of the service when it is well, where it was learned. */
  constructor(follow: (outcome: Promise<unknown>) => void, usualRatio?: number) {
    this.#follow = follow;
    this.#test = new Sprt(usualRatio);
  }

  /** A probe's lease has run out without an outcome. */
  hasLostProbe(now: number): boolean {
    for (const leaseUntil of this.#leases.values()) if (now >= leaseUntil) return true;
    return false;
  }

  /** Whether a probe would be let out now, or would show that one is lost. */
  wantsProbe(now: number): boolean {
    return this.#leases.size < this.#test.concurrency || this.hasLostProbe(now);
  }

  /** The right to probe, or `undefined` while all are taken. */
  admit(leaseUntil: number): Probe | undefined {
    if (this.#leases.size >= this.#test.concurrency) return undefined;
    if (!this.#followed) this.#follow(this.outcome.promise);
    this.#followed = true;
    const probe: Probe = {
      giveBack: () => {
        this.#leases.delete(probe);
      },
      settle: (failed) => {
        this.#leases.delete(probe);
        return this.#test.record(failed);
      },
    };
    this.#leases.set(probe, leaseUntil);
    return probe;
  }
}
