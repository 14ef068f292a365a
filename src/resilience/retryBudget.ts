import type { Clock } from '../time/clock.ts';

/** Retries a quiet service may always make, and the most that can be saved up. */
const CAPACITY = 10;
/** Tokens that come back by time alone, so that a service with few calls can retry at all. */
const PER_SECOND = 1;

/**
 * Keeps retries a fixed share of the calls: in an outage they cannot multiply the load (Finagle's and gRPC's rule,
 * resilience E15). Each call pays in its share, each retry takes one out.
 */
export class RetryBudget {
  readonly #clock: Clock;
  readonly #share: number;
  #tokens = CAPACITY;
  #countedAt: number;

  /** @param percent Retries per hundred calls, beyond one a second. */
  constructor(percent: number, clock: Clock) {
    this.#clock = clock;
    this.#share = percent / 100;
    this.#countedAt = clock.now();
  }

  /** What is left, 0 to 1. */
  get ratio(): number {
    this.#refill();
    return this.#tokens / CAPACITY;
  }

  /** A call was made. */
  deposit(): void {
    this.#refill();
    this.#tokens = Math.min(CAPACITY, this.#tokens + this.#share);
  }

  /** `false`: no retry now. */
  take(): boolean {
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #refill(): void {
    const now = this.#clock.now();
    this.#tokens = Math.min(CAPACITY, this.#tokens + ((now - this.#countedAt) / 1000) * PER_SECOND);
    this.#countedAt = now;
  }
}
