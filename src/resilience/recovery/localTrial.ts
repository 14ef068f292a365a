import { Outcome } from '../outcome.ts';
import { Sprt, type TrialDecision } from './sprt.ts';
import type { Probe, Trial } from './trial.ts';

/** A trial by the rules of one process: one probe at first, one more with each success, until the test has decided. */
export class LocalTrial implements Trial {
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

  hasLostProbe(now: number): boolean {
    for (const leaseUntil of this.#leases.values()) if (now >= leaseUntil) return true;
    return false;
  }

  wantsProbe(now: number): boolean {
    return this.#leases.size < this.#test.concurrency || this.hasLostProbe(now);
  }

  admit(leaseUntil: number): Probe | undefined {
    if (this.#leases.size >= this.#test.concurrency) return undefined;
    if (!this.#followed) this.#follow(this.outcome.promise);
    this.#followed = true;
    const probe: Probe = {
      giveBack: () => {
        this.#leases.delete(probe);
      },
      settle: (failed): TrialDecision => {
        this.#leases.delete(probe);
        return this.#test.record(failed);
      },
    };
    this.#leases.set(probe, leaseUntil);
    return probe;
  }
}
