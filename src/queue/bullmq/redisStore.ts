/**
 * What the gateway keeps in Redis for its queue: the queue itself and, beside it, the Idempotency-Keys, a hash each, gone by itself when its
 * time is over. ioredis and BullMQ are loaded when a store is opened: without a Redis nobody pays for them.
 */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { RedisSettings } from '../../config/redis.ts';
import { QueueUnavailableError } from '../../errors/queueErrors.ts';
import type { Logger } from '../../logging/logger.ts';
import { RedisConnection } from '../../redis/redisConnection.ts';
import { answerInTime } from '../../redis/redisFailures.ts';
import { RedisScript } from '../../redis/redisScript.ts';
import { DAY_MS, seconds, type Clock } from '../../time/clock.ts';
import {
  EVERY_NAME,
  KEPT_LIMITS,
  type GoneName,
  type IdempotencyStore,
  type KeptLimits,
  type KeyState,
  type KeyUse,
} from '../../web/idempotency.ts';
import type { QueueStore } from '../durableQueue.ts';
import { BullQueue } from './bullQueue.ts';
import { hourOf, keptKey } from './bullScripts.ts';

export interface RedisStoreParts {
  readonly clock: Clock;
  /** Source of [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  /** Deployments that share a Redis need one each. */
  readonly keyPrefix?: string;
  /** Default: {@link KEPT_LIMITS}. */
  readonly limits?: KeptLimits;
}

/** At start, a Redis that is well has answered long before; one that is not does not stop the gateway from starting. */
const OPEN_WITHIN_MS = seconds(2);

/**
 * Opens the store, be Redis there or not: until it is, and whenever it is not, the store's methods reject with
 * {@link QueueUnavailableError}, and the log says what to change.
 */
export const openRedisStore = async (settings: RedisSettings, parts: RedisStoreParts): Promise<QueueStore> => {
  const { clock, random, logger, keyPrefix = 'sales-auto-api', limits = KEPT_LIMITS } = parts;
  const bullmq = await import('bullmq');
  const connection = await RedisConnection.open({ settings, clock, random, logger }, 'queue');
  const shared = { client: () => connection.client, clock, newToken: randomUUID, keyPrefix, limits };
  const queue = new BullQueue({ ...shared, bullmq, kept: { key: keptKey(keyPrefix), bytes: limits.bytes } });
  const keys = new RedisIdempotencyStore(shared);
  await connection.opened(OPEN_WITHIN_MS);
  return {
    queue,
    keys,
    close: async () => {
      await queue.close();
      await connection.close();
    },
  };
};

interface RedisIdempotencyParts {
  /** @throws {QueueUnavailableError} while there is no use in sending commands. */
  readonly client: () => Redis;
  readonly clock: Clock;
  /** Tells one use of a key from any other. */
  readonly newToken: () => string;
  readonly keyPrefix: string;
  readonly limits: KeptLimits;
}

/** Longer than any answer or result is kept. */
const GONE_KEPT_MS = 2 * DAY_MS;

const beginKey = new RedisScript(import.meta.url, 'beginKey', 'kept');
const finishKey = new RedisScript(import.meta.url, 'finishKey', 'kept');
const noteGone = new RedisScript(import.meta.url, 'noteGone');
const withdrawKey = new RedisScript(import.meta.url, 'withdrawKey');

type Begun = readonly ['first' | 'running' | 'reused' | 'interrupted' | 'full'] | readonly ['answered', answer: string];

class RedisIdempotencyStore implements IdempotencyStore {
  readonly #parts: RedisIdempotencyParts;

  constructor(parts: RedisIdempotencyParts) {
    this.#parts = parts;
  }

  async begin(use: KeyUse, now: number): Promise<KeyState> {
    const claim = this.#parts.newToken();
    try {
      return await this.#answer(() => this.#begin(use, now, claim));
    } catch (error) {
      this.#withdraw(use.key, claim);
      throw error;
    }
  }

  async finish(key: string, answer: string, brief = answer): Promise<void> {
    const { client, clock, limits, keyPrefix } = this.#parts;
    const values = [answer, brief, hourOf(clock.wallTime()), limits.bytes];
    await this.#answer(() => finishKey.run(client(), [this.#name(key), keptKey(keyPrefix)], values));
  }

  async forget(key: string): Promise<void> {
    await this.#answer(() => this.#parts.client().del(this.#name(key)));
  }

  async noteGone(gone: readonly GoneName[]): Promise<void> {
    const { client, clock, limits } = this.#parts;
    const values = [clock.wallTime() - GONE_KEPT_MS, limits.goneNames, GONE_KEPT_MS, ...gone.flat()];
    await this.#answer(() => noteGone.run(client(), this.#goneKeys(), values));
  }

  async goneAt(names: readonly string[]): Promise<number> {
    const [known, others] = this.#goneKeys();
    const [moments, all] = await this.#answer(() => {
      const client = this.#parts.client();
      return Promise.all([client.zmscore(known, ...names, EVERY_NAME), client.get(others)]);
    });
    return Math.max(...moments.map(Number), Number(all));
  }

  async #begin({ key, fingerprint, leaseUntil, keepUntil }: KeyUse, now: number, claim: string): Promise<KeyState> {
    const { client, limits, keyPrefix } = this.#parts;
    const values = [fingerprint, leaseUntil, keepUntil, now, claim, hourOf(now), limits.keys];
    const [kind, answer] = (await beginKey.run(client(), [this.#name(key), keptKey(keyPrefix)], values)) as Begun;
    return kind === 'answered' ? { kind, answer } : { kind };
  }

  /**
   * A hung Redis may still do what we no longer wait for; the caller was told that nothing was begun. On the same
   * connection this comes right after it. If the connection is gone, the lease ends such a use.
   */
  #withdraw(key: string, claim: string): void {
    const withdraw = async (): Promise<unknown> => withdrawKey.run(this.#parts.client(), [this.#name(key)], [claim]);
    withdraw().catch((error: unknown) => error instanceof QueueUnavailableError);
  }

  #name(key: string): string {
    return `{${this.#parts.keyPrefix}}:idempotency:${key}`;
  }

  #goneKeys(): readonly [string, string] {
    return [`{${this.#parts.keyPrefix}}:gone`, `{${this.#parts.keyPrefix}}:gone-all`];
  }

  #answer<T>(work: () => Promise<T>): Promise<T> {
    return answerInTime(this.#parts.clock, work);
  }
}
