/**
 * A limit of requests in a window of time. A refused request uses up nothing.
 */

export interface WindowLimit {
  readonly limit: number;
  readonly lengthMs: number;
  /** `rolling`: any span of that length; `fixed`: from the first request after the last window; `aligned`: by the clock, such as a UTC day. */
  readonly kind: 'rolling' | 'fixed' | 'aligned';
}

/** Moments are ms of the simulator's time. */
export class RateWindow {
  readonly #window: WindowLimit;
  #taken: { readonly at: number; count: number }[] = [];
  #startedAt = Number.NEGATIVE_INFINITY;

  constructor(window: WindowLimit) {
    this.#window = window;
  }

  get limit(): number {
    return this.#window.limit;
  }

  /** Negative where more was added than the limit allows. */
  remaining(now: number): number {
    const { limit, lengthMs, kind } = this.#window;
    if (kind === 'rolling') {
      this.#taken = this.#taken.filter(({ at }) => at > now - lengthMs);
    } else if (now - this.#startedAt >= lengthMs) {
      this.#startedAt = kind === 'aligned' ? now - (now % lengthMs) : now;
      this.#taken = [];
    }
    return this.#taken.reduce((left, { count }) => left - count, limit);
  }

  /** `false`, and nothing taken, if there is less left. */
  take(now: number, count = 1): boolean {
    if (this.remaining(now) < count) return false;
    this.add(now, count);
    return true;
  }

  /** Counts without a look at the limit. */
  add(now: number, count = 1): void {
    const last = this.#taken.at(-1);
    if (last !== undefined && (last.at === now || this.#window.kind !== 'rolling')) last.count += count;
    else this.#taken.push({ at: now, count });
  }

  /** Uses up what is left. */
  exhaust(now: number): void {
    this.add(now, Math.max(0, this.remaining(now)));
  }

  /** When a fixed window ends, or the oldest request leaves a rolling one. */
  resetsAt(now: number): number {
    const startedAt = this.#window.kind === 'rolling' ? (this.#taken[0]?.at ?? now) : this.#startedAt;
    return startedAt + this.#window.lengthMs;
  }

  /** When a rolling window has room for so many; the whole window's length from now, if it never has. */
  freeAt(now: number, count: number): number {
    let missing = count - this.remaining(now);
    for (const taken of this.#taken) {
      missing -= taken.count;
      if (missing <= 0) return taken.at + this.#window.lengthMs;
    }
    return now + this.#window.lengthMs;
  }
}

/** Windows of one kind, one for each key, such as a credential. */
export class RateWindows {
  readonly #windows = new Map<string, RateWindow>();

  of(key: string, limit: WindowLimit): RateWindow {
    const window = this.#windows.get(key) ?? new RateWindow(limit);
    this.#windows.set(key, window);
    return window;
  }
}
