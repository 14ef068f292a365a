/**
 * Waiting for the answer of another replica: never longer than it usually takes, for who has the turn may have died.
 */
import { seconds, type Clock } from '../time/clock.ts';
import { operationLabel } from './labels.ts';

/** The longest wait, ms; and never more than half of the time that is left. */
const LONGEST_MS = seconds(1);
/** So many times what it usually takes; and at least so long, ms. */
const USUAL_TIMES = 4;
const SHORTEST_MS = 100;
const FIRST_PAUSE_MS = 10;
/** Each pause is this share of the wait so far: an answer is noticed at most a quarter later than it came. */
const PAUSE_SHARE = 0.25;
/** Weight of the newest duration in what is usual. */
const NEWEST_SHARE = 0.2;

export interface Waiter {
  readonly service: string;
  readonly operation: string;
  /** The earliest of all who wait, monotonic ms: whoever joins may have less time than who was there before. */
  readonly earliestDeadline: () => number;
  readonly signal: AbortSignal;
}

export class TurnWait {
  readonly #clock: Clock;
  /** Milliseconds, by operation. */
  readonly #usual = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The service took so long to answer a question of this operation. */
  learn(service: string, operation: string, ms: number): void {
    const label = operationLabel(service, operation);
    const usual = this.#usual.get(label) ?? ms;
    this.#usual.set(label, usual + NEWEST_SHARE * (ms - usual));
  }

  /**
   * Looks again and again, until it is no longer the turn of another, the time is over, or the waiter has gone.
   *
   * @returns what was seen last.
   */
  async whileTheirs<Seen extends { readonly turn: string }>(first: Seen, waiter: Waiter, lookAgain: () => Promise<Seen>): Promise<Seen> {
    const startedAt = this.#clock.now();
    let seen = first;
    let waitedMs = 0;
    while (seen.turn === 'theirs' && !waiter.signal.aborted) {
      const leftMs = this.#longestMs(waiter, startedAt) - waitedMs;
      if (leftMs <= 0) break;
      await this.#pause(Math.min(Math.max(FIRST_PAUSE_MS, waitedMs * PAUSE_SHARE), leftMs), waiter.signal);
      seen = await lookAgain();
      waitedMs = this.#clock.now() - startedAt;
    }
    return seen;
  }

  #longestMs({ service, operation, earliestDeadline }: Waiter, startedAt: number): number {
    const usualMs = this.#usual.get(operationLabel(service, operation)) ?? LONGEST_MS;
    return Math.min(LONGEST_MS, (earliestDeadline() - startedAt) / 2, Math.max(SHORTEST_MS, USUAL_TIMES * usualMs));
  }

  /** Resolves early when the signal says so. */
  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.#clock.after(ms, end);
      signal.addEventListener('abort', end);
    });
  }
}
