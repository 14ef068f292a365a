import { EventEmitter } from 'node:events';
import type { Clock } from '../time/clock.ts';

export const BUCKET_MS = 1000;
export const BUCKETS = 10;

/**
 * One timer for the rolling windows of all engines. It ticks by the time that has passed: after a stall it catches
 * up, so that no window keeps what is long over (docs/decisions/0003).
 */
export class BucketRotation {
  readonly emitter = new EventEmitter();
  readonly #clock: Clock;
  #lastTickAt: number;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastTickAt = clock.now();
    this.emitter.setMaxListeners(0);
    this.#schedule();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.emitter.removeAllListeners();
  }

  #schedule(): void {
    this.#cancel = this.#clock.after(BUCKET_MS, () => {
      this.#tick();
      this.#schedule();
    });
  }

  #tick(): void {
    const passed = Math.floor((this.#clock.now() - this.#lastTickAt) / BUCKET_MS);
    this.#lastTickAt += passed * BUCKET_MS;
    // A timer may come a hair early: it still stands for one bucket.
    const ticks = Math.min(Math.max(passed, 1), BUCKETS);
    if (passed < 1) this.#lastTickAt += BUCKET_MS;
    for (let tick = 0; tick < ticks; tick += 1) this.emitter.emit('rotate');
  }
}
