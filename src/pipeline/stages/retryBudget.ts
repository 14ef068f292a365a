import type { Clock } from '../../time/clock.ts';

/** Retries a quiet service may always make, and the most that can be saved up. */
const CAPACITY = 10;
/** Tokens that come back by time alone, so that a service with few calls can retry at all. */
const PER_SECOND = 1;
/** Calls that may be repeating at once, waiting included, however few are under way (Envoy's and failsafe-go's minimum). */
const AT_ONCE = 3;
/** What a repeat after a 429 costs beyond its token if it fails as well: there are too many calls, and it was one of them. */
const FAILED_AFTER_THROTTLE = 4;

/** Why an attempt is to be repeated. */
export type RetryCause = 'failure' | 'throttle';

/**
 * Keeps retries a fixed share of the calls, so that they cannot multiply the load of an outage (docs/algorithms.md#retry-budget). Four
 * rules, and each has to agree:
 *
 * - a share of the calls, and one a second besides (Finagle's rule), ten saved up at most. Each call pays its share in,
 *   each repeat takes one out;
 * - the same share of the calls under way, and at least three, may be repeating at a time. A call that waits for its
 *   next attempt counts (Envoy's budget forgets it: envoy#30205);
 * - the tokens of AWS' SDKs (`RetryTokens`);
 * - after a 429 a budget of its own, which time does not fill: a share of the calls, ten saved up. A repeat that works
 *   gets its token back, one that fails as well costs four more, on credit. So a short burst over the limit is served, and a
 *   lasting one is not made worse, however few the calls are.
 */
export class RetryBudget {
  readonly #clock: Clock;
  readonly #share: number;
  readonly #tokens = new RetryTokens();
  #saved = CAPACITY;
  #throttleBudget = CAPACITY;
  #underWay = 0;
  #repeating = 0;
  #countedAt: number;

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
    this.#throttleBudget = Math.min(CAPACITY, this.#throttleBudget + this.#share);
    this.#underWay += 1;
    return new CallRetries(this);
  }

  /** For `CallRetries` alone, as are `end` and `repeatFailed`. */
  take(cause: RetryCause, isFirst: boolean): boolean {
    this.#refill();
    const atOnce = Math.max(AT_ONCE, this.#share * this.#underWay);
    if (this.#saved < 1 || !this.#tokens.has(cause) || (isFirst && this.#repeating + 1 > atOnce)) return false;
    if (cause === 'throttle' && this.#throttleBudget < 1) return false;
    this.#saved -= 1;
    this.#tokens.pay(cause);
    if (cause === 'throttle') this.#throttleBudget -= 1;
    if (isFirst) this.#repeating += 1;
    return true;
  }

  /** @param last Why the call was repeated last, if it was. */
  end(last: RetryCause | undefined, succeeded: boolean): void {
    this.#underWay -= 1;
    if (last !== undefined) this.#repeating -= 1;
    if (!succeeded) return;
    if (last === undefined) this.#tokens.succeededAtFirst();
    else this.#tokens.refund(last);
    if (last === 'throttle') this.#throttleBudget = Math.min(CAPACITY, this.#throttleBudget + 1);
  }

  repeatFailed(last: RetryCause | undefined): void {
    if (last === 'throttle') this.#throttleBudget = Math.max(-CAPACITY, this.#throttleBudget - FAILED_AFTER_THROTTLE);
  }

  #refill(): void {
    const now = this.#clock.now();
    this.#saved = Math.min(CAPACITY, this.#saved + ((now - this.#countedAt) / 1000) * PER_SECOND);
    this.#countedAt = now;
  }
}

/** What one call takes from the budget. */
export class CallRetries {
  readonly #budget: RetryBudget;
  #last: RetryCause | undefined;

  constructor(budget: RetryBudget) {
    this.#budget = budget;
  }

  /** `false`: no retry now. Otherwise the call is repeating from now on, its wait included. */
  take(cause: RetryCause): boolean {
    this.#budget.repeatFailed(this.#last);
    const granted = this.#budget.take(cause, this.#last === undefined);
    if (granted) this.#last = cause;
    return granted;
  }

  /** @param succeeded Whether its last attempt worked. */
  end(succeeded: boolean): void {
    if (!succeeded) this.#budget.repeatFailed(this.#last);
    this.#budget.end(this.#last, succeeded);
  }
}

/** Of a service in good health; AWS' SDKs have no less. */
const TOKENS = 500;
/** What a repeat of a failed attempt takes out… */
const FAILURE_COST = 14;
/** …and one of a throttled attempt: a 429 costs the service little. */
const THROTTLE_COST = 5;
/** What a call that succeeds at its first attempt pays in. */
const FIRST_SUCCESS = 1;

/**
 * The token bucket of AWS' SDKs, which bounds the retries of a long trouble: they stop when it is empty, and come back as
 * fast as calls succeed. 500 tokens, 14 for a repeat, 5 for one after a 429, and 1 back for each first success: the
 * figures of `SMITHY_NEW_RETRIES_2026` in `smithy-typescript` (`packages/core/src/submodules/retry`). A repeat that
 * works gets back what it cost, as there. So 35 repeats that fail in a row empty it, or 100 after a 429.
 */
export class RetryTokens {
  #left = TOKENS;

  /** 0 to 1. */
  get ratio(): number {
    return this.#left / TOKENS;
  }

  has(cause: RetryCause): boolean {
    return this.#left >= costOf(cause);
  }

  pay(cause: RetryCause): void {
    this.#left -= costOf(cause);
  }

  /** The repeat that was paid for worked. */
  refund(cause: RetryCause): void {
    this.#add(costOf(cause));
  }

  succeededAtFirst(): void {
    this.#add(FIRST_SUCCESS);
  }

  #add(tokens: number): void {
    this.#left = Math.min(TOKENS, this.#left + tokens);
  }
}

const costOf = (cause: RetryCause): number => (cause === 'throttle' ? THROTTLE_COST : FAILURE_COST);
