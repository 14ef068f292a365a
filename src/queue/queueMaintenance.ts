/**
 * Looks after the queue in the background: whether its store takes writes and how full it is, for metrics and health, and the
 * removal of what has been kept long enough. Nobody waits for it: a scrape reads what was seen last.
 */
import { QueueUnavailableError } from '../errors/queueErrors.ts';
import type { Logger } from '../logging/logger.ts';
import { DAY_MS, minutes, seconds, type Clock } from '../time/clock.ts';
import { every } from '../time/every.ts';
import type { IdempotencyStore } from '../web/idempotency.ts';
import type { DurableQueue, QueueDepth } from './durableQueue.ts';

const LOOK_MS = seconds(5);
const PURGE_MS = minutes(60);
/** As long as an Idempotency-Key: until then somebody may ask what became of it. */
const ENDED_KEPT_MS = DAY_MS;
/** Dead letters wait for a person: long enough for a holiday, short enough that personal data does not stay for ever. */
const DEAD_KEPT_MS = 30 * DAY_MS;
/** Of the test write, in characters: a store in which an ordinary job no longer fits is full. */
const TEST_WRITE_SIZE = 64_000;
/** A test write that could not be taken back is forgotten by itself. */
const TEST_WRITE_KEPT_MS = seconds(10);

/** What was seen last. */
export interface QueueReading {
  readonly engine: DurableQueue['engine'];
  /** Whether the store took the last write, be it a real one or a test. */
  readonly up: boolean;
  /** Why not, and what to do about it; absent while it is up. */
  readonly reason?: string;
  /** Of the last look, wall-clock ms. */
  readonly at: number;
  /** One for each service that has or had jobs; as of the last look that was answered. */
  readonly depths: readonly QueueDepth[];
}

export interface QueueMaintenanceParts {
  readonly queue: DurableQueue;
  /** In the same store as the queue: a test write is an Idempotency-Key that nobody uses. */
  readonly keys: Pick<IdempotencyStore, 'begin' | 'forget'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tells one test write from any other, also from those of other replicas. */
  readonly newToken: () => string;
}

export class QueueMaintenance {
  readonly #parts: QueueMaintenanceParts;
  #reading: QueueReading;
  #stops: readonly (() => void)[] = [];

  constructor(parts: QueueMaintenanceParts) {
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

  /** A real write was refused: the store is down from now on, until a test write succeeds. */
  readonly refused = (error: unknown): void => {
    if (this.#stops.length > 0) this.#note(this.#reading.depths, error);
  };

  /** The keys of requests, whose refused writes count. */
  watched(keys: IdempotencyStore): IdempotencyStore {
    const noting = async <T>(write: Promise<T>): Promise<T> => {
      try {
        return await write;
      } catch (error) {
        this.refused(error);
        throw error;
      }
    };
    return {
      begin: (use, now) => noting(keys.begin(use, now)),
      finish: (...answer) => noting(keys.finish(...answer)),
      forget: (key) => noting(keys.forget(key)),
      noteGone: (gone) => keys.noteGone(gone),
      goneAt: (names) => keys.goneAt(names),
    };
  }

  async #look(): Promise<void> {
    const [write, depths] = await Promise.allSettled([this.#testWrite(), this.#parts.queue.depths()]);
    const failed = [write, depths].find((each) => each.status === 'rejected');
    this.#note(depths.status === 'fulfilled' ? depths.value : this.#reading.depths, failed?.reason);
  }

  /** Two, so that the second finds the space of the first taken; both are taken back. */
  async #testWrite(): Promise<void> {
    const { keys, clock, newToken } = this.#parts;
    const name = `test write ${newToken()}`;
    const write = (key: string, fingerprint: string) => {
      const now = clock.wallTime();
      return keys.begin({ key, fingerprint, leaseUntil: now, keepUntil: now + TEST_WRITE_KEPT_MS }, now);
    };
    const takeBack = () => Promise.all([keys.forget(name), keys.forget(`${name} again`)]);
    try {
      await write(name, '0'.repeat(TEST_WRITE_SIZE));
      await write(`${name} again`, '');
    } catch (error) {
      await takeBack().catch(() => undefined);
      throw error;
    }
    await takeBack();
  }

  #note(depths: QueueReading['depths'], error?: unknown): void {
    const { clock, logger } = this.#parts;
    const { engine, reason: before } = this.#reading;
    const reason = reasonOf(error);
    if (reason !== undefined && reason !== before) logger.error({ engine, reason }, 'the store of the queue takes no writes');
    if (reason === undefined && before !== undefined) logger.info({ engine }, 'the store of the queue takes writes again');
    this.#reading = { engine, up: reason === undefined, at: clock.wallTime(), depths, ...(reason !== undefined && { reason }) };
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

const reasonOf = (error: unknown): string | undefined => {
  if (error === undefined) return undefined;
  return error instanceof QueueUnavailableError ? error.what : 'its store failed';
};
