/**
 * Looks after the queue in the background: how full it is, for metrics and health, and the removal of what has been kept
 * long enough. Nobody waits for it: a scrape reads what was seen last.
 */
import type { Logger } from '../logging/logger.ts';
import { DAY_MS, minutes, seconds, type Clock } from '../time/clock.ts';
import { every } from '../time/every.ts';
import type { DurableQueue, QueueDepth } from './durableQueue.ts';

const LOOK_MS = seconds(5);
const PURGE_MS = minutes(60);
/** As long as an Idempotency-Key: until then somebody may ask what became of it. */
const ENDED_KEPT_MS = DAY_MS;
/** Dead letters wait for a person: long enough for a holiday, short enough that personal data does not stay for ever. */
const DEAD_KEPT_MS = 30 * DAY_MS;

/** What was seen last. */
export interface QueueReading {
  readonly engine: DurableQueue['engine'];
  /** Whether the store answered the last time it was asked. */
  readonly up: boolean;
  /** Of the last look, wall-clock ms. */
  readonly at: number;
  /** One for each service that has or had jobs; as of the last look that was answered. */
  readonly depths: readonly QueueDepth[];
}

export interface QueueUpkeepParts {
  readonly queue: DurableQueue;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class QueueUpkeep {
  readonly #parts: QueueUpkeepParts;
  #reading: QueueReading;
  #stops: readonly (() => void)[] = [];

  constructor(parts: QueueUpkeepParts) {
    this.#parts = parts;
    this.#reading = { engine: parts.queue.engine, up: true, at: parts.clock.wallTime(), depths: [] };
  }

  get reading(): QueueReading {
    return this.#reading;
  }

  start(): void {
    const { clock } = this.#parts;
    this.#stops = [every(clock, LOOK_MS, () => this.#look()), every(clock, PURGE_MS, () => this.#purge())];
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  async #look(): Promise<void> {
    const { queue, clock } = this.#parts;
    try {
      const depths = await queue.depths();
      this.#note({ engine: queue.engine, up: true, at: clock.wallTime(), depths });
    } catch (error) {
      this.#note({ ...this.#reading, up: false, at: clock.wallTime() }, error);
    }
  }

  #note(reading: QueueReading, error?: unknown): void {
    const { logger } = this.#parts;
    const { engine } = reading;
    if (this.#reading.up && !reading.up) logger.error({ engine, error }, 'the store of the queue does not answer');
    if (!this.#reading.up && reading.up) logger.info({ engine }, 'the store of the queue answers again');
    this.#reading = reading;
  }

  async #purge(): Promise<void> {
    const { queue, clock, logger } = this.#parts;
    const now = clock.wallTime();
    try {
      const dropped = await queue.purge(now - ENDED_KEPT_MS, now - DEAD_KEPT_MS);
      if (dropped > 0) logger.info({ dropped }, 'dropped jobs that had been kept long enough');
    } catch (error) {
      logger.warn({ error }, 'ended jobs could not be dropped; trying again in an hour');
    }
  }
}
