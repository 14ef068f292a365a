import type { Clock } from '../../time/clock.ts';

/** What is watched: when it becomes slow, on the monotonic clock, ms. The watch may move it after a stall. */
export interface Watched {
  readonly operation: string;
  slowAt: number;
}

/** A timer that comes this much too late tells of a stall of our own, ms: then nobody was slow but we. */
const STALL_MS = 100;

/**
 * Sees a hang before any time-out: each attempt in flight is reported the moment it becomes slow, once (design,
 * decision 4). One timer per operation, set for its oldest attempt: the cost of a call is an insertion and a deletion.
 *
 * After a stall of the event loop, timers run before the answers that arrived meanwhile are read; so all that is in
 * flight is given the length of the stall.
 */
export class HangWatch<Attempt extends Watched> {
  readonly #clock: Clock;
  readonly #onSlow: (attempt: Attempt) => void;
  /** In order of begin, which is the order of `slowAt` but for small changes of the threshold. */
  readonly #inFlight = new Map<string, Set<Attempt>>();
  readonly #timers = new Map<string, { readonly due: number; readonly cancel: () => void }>();

  constructor(clock: Clock, onSlow: (attempt: Attempt) => void) {
    this.#clock = clock;
    this.#onSlow = onSlow;
  }

  enter(attempt: Attempt): void {
    const { operation } = attempt;
    const others = this.#inFlight.get(operation);
    if (others === undefined) this.#inFlight.set(operation, new Set([attempt]));
    else others.add(attempt);
    if (!this.#timers.has(operation)) this.#arm(operation);
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
    const [oldest] = this.#inFlight.get(operation) ?? [];
    if (oldest === undefined) return;
    const waitMs = Math.max(1, oldest.slowAt - this.#clock.now());
    const due = this.#clock.now() + waitMs;
    const cancel = this.#clock.after(waitMs, () => {
      this.#look(operation, due);
    });
    this.#timers.set(operation, { due, cancel });
  }

  #look(operation: string, due: number): void {
    const now = this.#clock.now();
    if (now - due > STALL_MS) this.#excuse(now - due);
    for (const attempt of this.#inFlight.get(operation) ?? []) {
      if (attempt.slowAt > now) break;
      this.leave(attempt);
      this.#onSlow(attempt);
    }
    this.#arm(operation);
  }

  #excuse(stallMs: number): void {
    for (const attempts of this.#inFlight.values()) {
      for (const attempt of attempts) attempt.slowAt += stallMs;
    }
  }
}
