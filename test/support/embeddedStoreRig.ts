/**
 * The embedded store on a directory of its own, with time in the test's hand.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openEmbeddedStore, type EmbeddedStoreOptions } from '../../src/queue/embedded/embeddedStore.ts';
import type { DurableQueue, QueueStore } from '../../src/queue/durableQueue.ts';
import type { Clock } from '../../src/time/clock.ts';
import type { IdempotencyStore } from '../../src/web/idempotency.ts';
import { HandDrivenClock } from './handDrivenClock.ts';

export const freshDirectory = (): string => mkdtempSync(path.join(tmpdir(), 'embedded-queue-'));

const TICK_MS = 10;

export class EmbeddedStoreRig {
  readonly clock = new HandDrivenClock();
  readonly #parent = freshDirectory();
  readonly #options: Partial<EmbeddedStoreOptions>;
  #opened: QueueStore | undefined;
  #lives = 0;
  #setBackMs = 0;

  private constructor(options: Partial<EmbeddedStoreOptions>) {
    this.#options = options;
  }

  static async open(options: Partial<EmbeddedStoreOptions> = {}): Promise<EmbeddedStoreRig> {
    const rig = new EmbeddedStoreRig(options);
    await rig.#open();
    return rig;
  }

  /** DATA_DIR of the present life. */
  get directory(): string {
    return path.join(this.#parent, String(this.#lives));
  }

  get queue(): DurableQueue {
    return this.#store.queue;
  }

  get keys(): IdempotencyStore {
    return this.#store.keys;
  }

  now(): number {
    return this.clock.wallTime() - this.#setBackMs;
  }

  /** As somebody, or NTP, does to a wall clock. */
  setWallClockBack(ms: number): void {
    this.#setBackMs += ms;
  }

  tick(): Promise<void> {
    this.clock.advance(TICK_MS);
    return Promise.resolve();
  }

  /** What a killed process leaves behind are its files as they are at that moment: the next life begins on a copy of them. */
  async crash(): Promise<void> {
    const left = this.directory;
    this.#lives += 1;
    cpSync(left, this.directory, { recursive: true });
    await this.#store.close();
    await this.#open();
  }

  async close(): Promise<void> {
    await this.#store.close();
    rmSync(this.#parent, { recursive: true, force: true });
  }

  get #store(): QueueStore {
    if (this.#opened === undefined) throw new Error('the store is not open');
    return this.#opened;
  }

  async #open(): Promise<void> {
    const clock: Clock = {
      now: () => this.clock.now(),
      wallTime: () => this.now(),
      after: (ms, callback) => this.clock.after(ms, callback),
    };
    this.#opened = await openEmbeddedStore({ directory: this.directory, clock, ...this.#options });
  }
}
