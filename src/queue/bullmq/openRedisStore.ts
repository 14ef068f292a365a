/**
 * What the gateway keeps in Redis for its queue. ioredis and BullMQ are loaded when a store is opened: without a Redis
 * nobody pays for them.
 */
import { randomUUID } from 'node:crypto';
import type { RedisSettings } from '../../config/redis.ts';
import type { Logger } from '../../logging/logger.ts';
import type { DurableQueue } from '../durableQueue.ts';
import { seconds, type Clock } from '../../time/clock.ts';
import { KEPT_LIMITS, type IdempotencyStore, type KeptLimits } from '../../web/idempotency.ts';
import { BullQueue } from './bullQueue.ts';
import { keptKey } from './bullRecords.ts';
import { RedisConnection } from '../../redis/redisConnection.ts';
import { RedisIdempotencyStore } from './redisIdempotencyStore.ts';

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

export interface RedisStore {
  readonly queue: DurableQueue;
  readonly keys: IdempotencyStore;
  close(): Promise<void>;
}

/** At start, a Redis that is well has answered long before; one that is not does not stop the gateway from starting. */
const OPEN_WITHIN_MS = seconds(2);

/**
 * Opens the store, be Redis there or not: until it is, and whenever it is not, the store's methods reject with
 * {@link QueueUnavailableError}, and the log says what to change.
 */
export const openRedisStore = async (settings: RedisSettings, parts: RedisStoreParts): Promise<RedisStore> => {
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
