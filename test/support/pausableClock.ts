import type { Clock } from '../../src/time/clock.ts';

/** The clock of a process that may stand still, as under SIGSTOP: what fell due meanwhile is called when it goes on. */
export class PausableClock implements Clock {
  readonly #clock: Clock;
  #held: (() => void)[] = [];
  #isPaused = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  wallTime(): number {
    return this.#clock.wallTime();
  }

  after(ms: number, callback: () => void): () => void {
    let isCancelled = false;
    const call = (): void => {
      if (!isCancelled) callback();
    };
    const cancel = this.#clock.after(ms, () => {
      if (this.#isPaused) this.#held.push(call);
      else call();
    });
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const call of this.#held.splice(0)) call();
  }
}
