import type { Clock } from './clock.ts';

/** Runs begin this far apart, ms, but so many ms of it may be saved up. */
const EVERY_MS = 10;
const SAVED_MS = 500;

/**
 * Work of which one run serves all who ask for it: whoever asks while one is under way waits for the next, which they share. So a flood
 * costs no more than a hundred runs a second.
 */
export class SharedRuns {
  readonly #work: () => Promise<void>;
  readonly #clock: Clock;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #freeAt = -Infinity;

  constructor(clock: Clock, work: () => Promise<void>) {
    this.#clock = clock;
    this.#work = work;
  }

  /** Whether what is asked for now has to wait for its run. */
  get isBusy(): boolean {
    return this.#next !== undefined || this.#running !== undefined || this.#freeAt > this.#clock.now();
  }

  /** A run that begins after this; it rejects as the work does. */
  request(): Promise<void> {
    if (!this.isBusy) return this.#begin();
    this.#next ??= this.#wait().then(() => this.#begin());
    return this.#next;
  }

  async #wait(): Promise<void> {
    await this.#running?.catch(() => undefined);
    const waitMs = this.#freeAt - this.#clock.now();
    if (waitMs > 0) await new Promise<void>((resolve) => this.#clock.after(waitMs, resolve));
  }

  #begin(): Promise<void> {
    this.#freeAt = Math.max(this.#freeAt, this.#clock.now() - SAVED_MS) + EVERY_MS;
    this.#next = undefined;
    const running = this.#work().finally(() => {
      this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}
