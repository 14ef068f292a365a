import { minutes, seconds, type Clock } from '../time/clock.ts';
import { reconnectPauseMs } from './redisConnection.ts';

/** So many pieces of work, one begun after the other had failed, and Redis is left alone. */
const FAILURES = 3;
const FIRST_PAUSE_MS = seconds(5);
const LONGEST_PAUSE_MS = minutes(1);

/**
 * How long we believe in a Redis, and how soon we look again. One that is away is called upon again soon; one that is there
 * and does not do its work is left alone, for longer each time.
 */
export class GuestPatience {
  readonly #clock: Clock;
  readonly #random: () => number;
  #failures = 0;
  #failedAt = -Infinity;
  /** Pauses in a row. */
  #pauses = 0;
  #reconnects = 0;
  /** Monotonic ms; absent while it is not in use. */
  #inUseSince: number | undefined;

  /** @param random Source of [0, 1). */
  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * A piece of work has failed.
   *
   * @param begunAt Monotonic ms. Work that was under way when another failed tells nothing new: it met the same moment.
   * @returns whether that was one too many.
   */
  failed(begunAt: number): boolean {
    if (begunAt < this.#failedAt) return false;
    this.#failedAt = this.#clock.now();
    this.#failures += 1;
    return this.#isAtEnd;
  }

  worked(): void {
    this.#failures = 0;
  }

  /** It was examined, and is used. */
  trusted(): void {
    this.#failures = 0;
    this.#inUseSince = this.#clock.now();
  }

  /** Nobody was there to fail. */
  unreachable(): void {
    this.#failures = 0;
  }

  /** Until we look again, ms. */
  nextPauseMs(): number {
    this.#forgive();
    if (!this.#isAtEnd) return reconnectPauseMs((this.#reconnects += 1), this.#random);
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(this.#pauses, 10), LONGEST_PAUSE_MS);
    this.#pauses += 1;
    return Math.round(pause * (0.5 + this.#random() / 2));
  }

  get #isAtEnd(): boolean {
    return this.#failures >= FAILURES;
  }

  /** One that was well for a while begins anew; one that is well for moments only does not. */
  #forgive(): void {
    const lasted = this.#inUseSince === undefined ? 0 : this.#clock.now() - this.#inUseSince;
    this.#inUseSince = undefined;
    if (lasted < LONGEST_PAUSE_MS) return;
    this.#pauses = 0;
    this.#reconnects = 0;
  }
}
