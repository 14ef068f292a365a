/** A store in Redis as the contract suites want it: opened on a server that is there already, and abandoned on wish. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '../../src/logging/logger.ts';
import { openRedisStore, type RedisStoreParts } from '../../src/queue/bullmq/redisStore.ts';
import type { QueueStore } from '../../src/queue/durableQueue.ts';
import { systemClock } from '../../src/time/clock.ts';
import type { KeptLimits } from '../../src/web/idempotency.ts';
import type { KeysRig } from '../contract/idempotencyStoreContract.ts';
import type { QueueRig } from '../contract/queueRig.ts';
import type { RedisServer } from './redisServer.ts';

export const openStoreOn = ({ settings }: RedisServer, logger = silentLogger, more: Partial<RedisStoreParts> = {}): Promise<QueueStore> =>
  openRedisStore(settings, { clock: systemClock, random: () => 0.5, logger, ...more });

/** Claims are kept in Redis alone, so a process that closes leaves behind what one that dies does. */
export const redisStoreRig = async (server: RedisServer, limits?: KeptLimits): Promise<QueueRig & KeysRig> => {
  // What is counted against other limits than usual has a place of its own.
  const more = limits && { limits, keyPrefix: randomUUID() };
  let store = await openStoreOn(server, silentLogger, more);
  return {
    get queue() {
      return store.queue;
    },
    get keys() {
      return store.keys;
    },
    now: () => Date.now(),
    tick: () => sleep(10),
    crash: async () => {
      await store.close();
      store = await openStoreOn(server, silentLogger, more);
    },
    close: () => store.close(),
  };
};
