import type { Clock } from '../../time/clock.ts';
import { RetryTokens, type RetryCause } from './retryTokens.ts';

/** Retries a quiet service may always make, and the most that can be saved up. */
const CAPACITY = 10;
/** Tokens that come back by time alone, so that a service with few calls can retry at all. */
const PER_SECOND = 1;
/** Calls that may be repeating at once, waiting included, however few are under way (Envoy's and failsafe-go's minimum). */
const AT_ONCE = 3;
/** What a repeat after a 429 costs beyond its token if it fails as well: there are too many calls, and it was one of them. */
const WAITED_IN_VAIN = 4;

/**
 * Keeps retries a fixed share of the calls, so that they cannot multiply the load of an outage (docs/algorithms.md#retry-budget). Four
 * rules, and each has to agree:
 *
 * - a share of the calls, and one a second besides (Finagle's rule), ten saved up at most. Each call pays its share in,
 *   each repeat takes one out;
 * - the same share of the calls under way, and at least three, may be repeating at a time. A call that waits for its
 *   next attempt counts (Envoy's budget forgets it: envoy#30205);
 * - the tokens of AWS' SDKs (`retryTokens.ts`);
 * - after a 429 a purse of its own, which time does not fill: a share of the calls, ten saved up. A repeat that works
 *   gets its token back, one that fails as well costs four more, on credit. So a short burst over the limit is served, and a
 *   lasting one is not made worse, however few the calls are.
 */
export class RetryBudget {
  readonly #clock: Clock;
  readonly #share: number;
  readonly #tokens = new RetryTokens();
  #saved = CAPACITY;
  #throttlePurse = CAPACITY;
  #underWay = 0;
  #repeating = 0;
  #countedAt: number;
  readonly #till: Till = {
    take: (cause, isFirst) => this.#take(cause, isFirst),
    end: (last, succeeded) => {
      this.#end(last, succeeded);
    },
    waitedInVain: () => {
      this.#throttlePurse = Math.max(-CAPACITY, this.#throttlePurse - WAITED_IN_VAIN);
    },
  };

  /** @param percent Retries per hundred calls, beyond one a second. */
  constructor(percent: number, clock: Clock) {
    this.#clock = clock;
    this.#share = percent / 100;
    this.#countedAt = clock.now();
  }

  /** What is left of the scarcest for a repeat after a failure, 0 to 1. */
  get ratio(): number {
    this.#refill();
    return Math.min(this.#saved / CAPACITY, this.#tokens.ratio);
  }

  /** A call begins. It has to be ended. */
  begin(): CallRetries {
    this.#refill();
    this.#saved = Math.min(CAPACITY, this.#saved + this.#share);
    this.#throttlePurse = Math.min(CAPACITY, this.#throttlePurse + this.#share);
    this.#underWay += 1;
    return new CallRetries(this.#till);
  }

  #take(cause: RetryCause, isFirst: boolean): boolean {
    this.#refill();
    const atOnce = Math.max(AT_ONCE, this.#share * this.#underWay);
    if (this.#saved < 1 || !this.#tokens.has(cause) || (isFirst && this.#repeating + 1 > atOnce)) return false;
    if (cause === 'throttle' && this.#throttlePurse < 1) return false;
    this.#saved -= 1;
    this.#tokens.pay(cause);
    if (cause === 'throttle') this.#throttlePurse -= 1;
    if (isFirst) this.#repeating += 1;
    return true;
  }

  /** @param last Why the call was repeated last, if it was. */
  #end(last: RetryCause | undefined, succeeded: boolean): void {
    this.#underWay -= 1;
    if (last !== undefined) this.#repeating -= 1;
    if (!succeeded) return;
    if (last === undefined) this.#tokens.succeededAtFirst();
    else this.#tokens.refund(last);
    if (last === 'throttle') this.#throttlePurse = Math.min(CAPACITY, this.#throttlePurse + 1);
  }

  #refill(): void {
    const now = this.#clock.now();
    this.#saved = Math.min(CAPACITY, this.#saved + ((now - this.#countedAt) / 1000) * PER_SECOND);
    this.#countedAt = now;
  }
}

interface Till {
  readonly take: (cause: RetryCause, isFirst: boolean) => boolean;
  readonly end: (last: RetryCause | undefined, succeeded: boolean) => void;
  readonly waitedInVain: () => void;
}

/** What one call takes from the budget. */
export class CallRetries {
  readonly #till: Till;
  #last: RetryCause | undefined;

  constructor(till: Till) {
    this.#till = till;
  }

  /** `false`: no retry now. Otherwise the call is repeating from now on, its wait included. */
  take(cause: RetryCause): boolean {
    this.#attemptFailed();
    const granted = this.#till.take(cause, this.#last === undefined);
    if (granted) this.#last = cause;
    return granted;
  }

  /** @param succeeded Whether its last attempt worked. */
  end(succeeded: boolean): void {
    if (!succeeded) this.#attemptFailed();
    this.#till.end(this.#last, succeeded);
  }

  #attemptFailed(): void {
    if (this.#last === 'throttle') this.#till.waitedInVain();
  }
}
