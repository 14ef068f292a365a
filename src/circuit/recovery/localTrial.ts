import { seconds, type Clock } from '../../time/clock.ts';
import { Outcome } from '../../contract/outcome.ts';
import { Sprt, type TrialDecision } from './sprt.ts';
import type { Probe, Trial, TrialProgress } from './trial.ts';

/** Where calls are rare, the test would take as long as five of them: after this time two good probes without a failure will do, ms. */
const SHORT_TRIAL_MS = 1500;
const SHORT_TRIAL_SUCCESSES = 2;
/** After this, answers that are neither good nor bad will do: what they say, such as "too many", is not for a circuit to act on. */
const LONGEST_TRIAL_MS = seconds(10);

export interface LocalTrialParts {
  readonly follow: (outcome: Promise<unknown>) => void;
  /** The failure ratio of the service when it is healthy, where it was learned. */
  readonly usualRatio?: number | undefined;
  readonly clock: Clock;
}

/**
 * A trial by the rules of one process: one probe at first, one more with each success, until the test has decided, or time has. Few
 * calls are little to be wrong about: they would be let out as probes anyway, and after a recovery half the evidence opens again.
 */
export class LocalTrial implements Trial {
  readonly outcome = new Outcome();
  readonly #parts: LocalTrialParts;
  readonly #test: Sprt;
  readonly #beganAt: number;
  /** When the lease of each probe that is out ends; monotonic ms. */
  readonly #leases = new Map<Probe, number>();
  #followed = false;

  constructor(parts: LocalTrialParts) {
    this.#parts = parts;
    this.#test = new Sprt(parts.usualRatio);
    this.#beganAt = parts.clock.now();
  }

  get progress(): TrialProgress {
    return { good: this.#test.successes, out: this.#leases.size };
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
    if (!this.#followed) this.#parts.follow(this.outcome.promise);
    this.#followed = true;
    const probe: Probe = {
      giveBack: () => {
        this.#leases.delete(probe);
      },
      answered: () => {
        this.#leases.delete(probe);
        return this.#lastsFor(LONGEST_TRIAL_MS) ? 'recovered' : 'undecided';
      },
      settle: (failed) => {
        this.#leases.delete(probe);
        return this.#decide(failed);
      },
    };
    this.#leases.set(probe, leaseUntil);
    return probe;
  }

  #decide(failed: boolean): TrialDecision {
    const decision = this.#test.record(failed);
    if (decision !== 'undecided') return decision;
    const isEnough = this.#test.successes >= SHORT_TRIAL_SUCCESSES && this.#lastsFor(SHORT_TRIAL_MS);
    return isEnough ? 'recovered' : 'undecided';
  }

  #lastsFor(ms: number): boolean {
    return this.#parts.clock.now() - this.#beganAt >= ms;
  }
}
