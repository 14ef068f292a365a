/** Of a service in good health; AWS' SDKs have no less. */
const CAPACITY = 500;
/** What a repeat of a failed attempt takes out… */
const FAILURE_COST = 14;
/** …and one of a throttled attempt: a 429 costs the service little. */
const THROTTLE_COST = 5;
/** What a call that succeeds at its first attempt pays in. */
const FIRST_SUCCESS = 1;

/** Why an attempt is to be repeated. */
export type RetryCause = 'failure' | 'throttle';

/**
 * The token bucket of AWS' SDKs, which bounds the retries of a long trouble: they stop when it is empty, and come back as
 * fast as calls succeed. 500 tokens, 14 for a repeat, 5 for one after a 429, and 1 back for each first success: the
 * figures of `SMITHY_NEW_RETRIES_2026` in `smithy-typescript` (`packages/core/src/submodules/retry`). A repeat that
 * works gets back what it cost, as there. So 35 repeats that fail in a row empty it, or 100 after a 429.
 */
export class RetryTokens {
  #left = CAPACITY;

  /** 0 to 1. */
  get ratio(): number {
    return this.#left / CAPACITY;
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
    this.#left = Math.min(CAPACITY, this.#left + tokens);
  }
}

const costOf = (cause: RetryCause): number => (cause === 'throttle' ? THROTTLE_COST : FAILURE_COST);
