import type { Clock } from '../../time/clock.ts';

/** What is watched: when it becomes slow, on the monotonic clock, ms. The watch may move it after a stall. */
export interface Watched {
  readonly operation: string;
  slowAt: number;
}

/** A timer that comes this much too late tells of a stall of our own, ms: then nobody was slow but we. */
const STALL_MS = 100;
/** Answers that arrived during a stall get this long to be read, ms. */
const STALL_GRACE_MS = 50;

/**
 * Sees a hang before any time-out: each attempt in flight is reported the moment it becomes slow, once
 * (docs/decisions/0009). One timer per operation, set for the attempt that will be slow first; it is left alone when that one
 * ends in time. So the cost of a call is an insertion and a deletion.
 *
 * After a stall of the event loop, timers run before the answers that arrived meanwhile are read; so all that is in
 * flight is given the length of the stall, and a moment for those answers.
 */
export class HangWatch<Attempt extends Watched> {
  readonly #clock: Clock;
  readonly #onSlow: (attempt: Attempt) => void;
  readonly #inFlight = new Map<string, Set<Attempt>>();
  /** Up to when stalls have been excused: several late timers tell of the same one. */
  #excusedUntil = 0;
  readonly #timers = new Map<string, { readonly due: number; readonly cancel: () => void }>();

  constructor(clock: Clock, onSlow: (attempt: Attempt) => void) {
    this.#clock = clock;
    this.#onSlow = onSlow;
  }

  /** Nothing is in flight that may still be in time. */
  get isEmpty(): boolean {
    return [...this.#inFlight.values()].every(({ size }) => size === 0);
  }

  enter(attempt: Attempt): void {
    const { operation } = attempt;
    const others = this.#inFlight.get(operation);
    if (others === undefined) this.#inFlight.set(operation, new Set([attempt]));
    else others.add(attempt);
    const timer = this.#timers.get(operation);
    if (timer !== undefined && timer.due <= attempt.slowAt) return;
    timer?.cancel();
    this.#arm(operation);
  }

  leave(attempt: Attempt): void {
    const { operation } = attempt;
    const others = this.#inFlight.get(operation);
    if (others?.delete(attempt) !== true || others.size > 0) return;
    this.#timers.get(operation)?.cancel();
    this.#timers.delete(operation);
  }

  stop(): void {
    for (const { cancel } of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#inFlight.clear();
  }

  #arm(operation: string): void {
    this.#timers.delete(operation);
    const slowAt = earliest(this.#inFlight.get(operation) ?? []);
    if (slowAt === undefined) return;
    const waitMs = Math.max(1, slowAt - this.#clock.now());
    const due = this.#clock.now() + waitMs;
    const cancel = this.#clock.after(waitMs, () => {
      this.#look(operation, due);
    });
    this.#timers.set(operation, { due, cancel });
  }

  #look(operation: string, due: number): void {
    const now = this.#clock.now();
    const stalledSince = Math.max(due, this.#excusedUntil);
    if (now - stalledSince > STALL_MS) this.#excuse(now - stalledSince, now);
    for (const attempt of this.#inFlight.get(operation) ?? []) {
      if (attempt.slowAt > now) continue;
      this.leave(attempt);
      this.#onSlow(attempt);
    }
    this.#arm(operation);
  }

  #excuse(stallMs: number, now: number): void {
    this.#excusedUntil = now;
    for (const attempts of this.#inFlight.values()) {
      // At least to now: after a stall timers may run in any order, and an attempt whose own was due earlier lost more.
      for (const attempt of attempts) attempt.slowAt = Math.max(attempt.slowAt + stallMs, now) + STALL_GRACE_MS;
    }
  }
}

const earliest = (attempts: Iterable<Watched>): number | undefined => {
  let slowAt: number | undefined;
  for (const attempt of attempts) if (slowAt === undefined || attempt.slowAt < slowAt) ({ slowAt } = attempt);
  return slowAt;
};
