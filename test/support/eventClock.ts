/**
 * A clock for simulations of many: moves from one event to the next, in order, and lets promises settle in between.
 */
import type { Clock } from '../../src/time/clock.ts';

interface Event {
  readonly due: number;
  readonly number: number;
  callback: (() => void) | undefined;
}

const isBefore = (a: Event, b: Event): boolean => a.due < b.due || (a.due === b.due && a.number < b.number);

/** As many turns of promises as any chain between two events takes. */
const TURNS = 12;

export class EventClock implements Clock {
  /** A heap: no event is due before the one at half its index. */
  readonly #events: Event[] = [];
  #now = 0;
  #count = 0;

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return Date.UTC(2026, 0, 1) + this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    this.#count += 1;
    const event: Event = { due: this.#now + ms, number: this.#count, callback };
    this.#rise(event);
    return () => {
      event.callback = undefined;
    };
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#events[0]; next !== undefined && next.due <= end; next = this.#events[0]) {
      this.#removeFirst();
      if (next.callback === undefined) continue;
      this.#now = next.due;
      next.callback();
      await settle();
    }
    this.#now = end;
  }

  #rise(event: Event): void {
    let index = this.#events.push(event) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!isBefore(event, this.#events[above]!)) break;
      this.#events[index] = this.#events[above]!;
      index = above;
    }
    this.#events[index] = event;
  }

  #removeFirst(): void {
    const last = this.#events.pop()!;
    if (this.#events.length === 0) return;
    let index = 0;
    for (;;) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      if (left >= this.#events.length) break;
      const least = right < this.#events.length && isBefore(this.#events[right]!, this.#events[left]!) ? right : left;
      if (!isBefore(this.#events[least]!, last)) break;
      this.#events[index] = this.#events[least]!;
      index = least;
    }
    this.#events[index] = last;
  }
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve();
};
