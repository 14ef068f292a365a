/**
 * A clock that stands until a test moves it, for tests whose other half is on real sockets.
 */
import type { Clock } from '../../src/time/clock.ts';

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

export class HandDrivenClock implements Clock {
  readonly #timers = new Set<Timer>();
  readonly #waiting = new Set<() => void>();
  readonly #epoch = Date.UTC(2026, 0, 1);
  #now = 0;

  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#epoch + this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { due: this.#now + ms, callback };
    this.#timers.add(timer);
    this.#notice();
    return () => {
      this.#timers.delete(timer);
      this.#notice();
    };
  }

  /** Moves on, calling what falls due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#dueBy(end); next !== undefined; next = this.#dueBy(end)) {
      this.#now = next.due;
      this.#timers.delete(next);
      next.callback();
    }
    this.#now = end;
    this.#notice();
  }

  /** Resolves as soon as exactly so many timers are set. */
  async untilPending(count: number): Promise<void> {
    while (this.#timers.size !== count) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  #dueBy(end: number): Timer | undefined {
    return [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
  }

  #notice(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
