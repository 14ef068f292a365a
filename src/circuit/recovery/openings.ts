import type { Clock } from '../../time/clock.ts';
import { LASTING_RECOVERY_MS, openTimeMs } from './openTime.ts';

/** The openings of a circuit in a row, each longer than the one before; a lasting recovery ends the row. */
export class Openings {
  readonly #policy: { readonly openForMs: number; readonly openForCapMs: number };
  readonly #clock: Clock;
  readonly #random: () => number;
  #row = 0;
  /** Monotonic ms; absent while the circuit is not closed. */
  #closedAt: number | undefined;

  constructor(policy: { readonly openForMs: number; readonly openForCapMs: number }, clock: Clock, random: () => number) {
    this.#policy = policy;
    this.#clock = clock;
    this.#random = random;
  }

  get inARow(): number {
    const hasRecovered = this.#closedAt !== undefined && this.#clock.now() - this.#closedAt >= LASTING_RECOVERY_MS;
    return hasRecovered ? 0 : this.#row;
  }

  /**
   * One more.
   *
   * @param retryAfterMs What the service asked for, if it did.
   * @returns how long to stay open, ms.
   */
  add(retryAfterMs?: number): number {
    const before = this.inARow;
    this.#row = before + 1;
    this.#closedAt = undefined;
    return openTimeMs(this.#policy, before, this.#random, retryAfterMs);
  }

  /** The row as others have counted it, an opening just now included. */
  follow(row: number): void {
    this.#row = row;
    this.#closedAt = undefined;
  }

  /** The circuit has closed: the row ends if this lasts. */
  closed(): void {
    this.#closedAt = this.#clock.now();
  }

  clear(): void {
    this.#row = 0;
  }
}
