/**
 * Virtual time for a run: the globals that `systemClock`, axios-retry and the rivals all read, moved from timer to timer.
 */
import sinon from 'sinon';

const FAKED = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] as const;
/** Any moment but 0, which would hide a mix-up of the two clocks. */
const STARTS_AT = Date.UTC(2026, 0, 1);
/** Taken before anything is faked. By the time one is called, all that was promised has settled. */
const realImmediate = setImmediate;
const settled = (): Promise<void> => new Promise((resolve) => realImmediate(resolve));

export class LabTime {
  readonly #timers = sinon.useFakeTimers({ now: STARTS_AT, toFake: [...FAKED] });
  readonly #realRandom = Math.random;
  readonly #realTraceLimit = Error.stackTraceLimit;

  /** @param random Stands in for `Math.random`, which rivals use for their jitter. */
  constructor(random: () => number) {
    Math.random = random;
    // Stack traces of a million errors would take half of the time, and nobody reads one.
    Error.stackTraceLimit = 0;
  }

  /** Milliseconds since the run began; whole ones. */
  get now(): number {
    return this.#timers.now - STARTS_AT;
  }

  at(ms: number, callback: () => void): void {
    setTimeout(callback, ms - this.now);
  }

  /**
   * Calls one timer after the other, each at its time, and lets what was promised settle after each.
   *
   * @throws {Error} if no timer is left to bring the end about.
   */
  async runUntil(isOver: () => boolean): Promise<void> {
    await settled();
    while (!isOver()) {
      if (this.#timers.countTimers() === 0) throw new Error(`nothing more would happen after ${String(this.now)} ms`);
      this.#timers.next();
      await settled();
    }
  }

  restore(): void {
    Math.random = this.#realRandom;
    Error.stackTraceLimit = this.#realTraceLimit;
    this.#timers.restore();
  }
}
