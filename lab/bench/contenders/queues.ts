/**
 * The engines of the durable queue, and BullMQ as it comes, each given the same jobs. Both of Redis' kind speak to one
 * redis-server that syncs before it answers (`appendfsync always`): else an acceptance would not mean the same.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Queue } from 'bullmq';
import { silentLogger } from '../../../src/logging/logger.ts';
import { type DurableQueue, JOB_VERSION, type NewJob } from '../../../src/queue/durableQueue.ts';
import { openEmbeddedStore } from '../../../src/queue/embedded/embeddedStore.ts';
import { openRedisStore } from '../../../src/queue/bullmq/redisStore.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { startRedis, type RedisServer } from '../../../test/support/redisServer.ts';

export interface QueueContender {
  readonly name: string;
  /** One durable acceptance. */
  add(): Promise<unknown>;
  close(): Promise<void>;
}

const SERVICE = 'hubspot';
/** About what a sealed contact takes. */
const PAYLOAD = 'v1.key.'.padEnd(600, 'x');
const EXPIRES_AFTER_MS = 86_400_000;

const newJob = (): NewJob => {
  const acceptedAt = systemClock.wallTime();
  return {
    id: `job_${randomUUID().replaceAll('-', '')}`,
    version: JOB_VERSION,
    service: SERVICE,
    operation: 'create_contact',
    owner: 'bench',
    payload: PAYLOAD,
    acceptedAt,
    expiresAt: acceptedAt + EXPIRES_AFTER_MS,
  };
};

const ours = (name: string, queue: DurableQueue, close: () => Promise<void>): QueueContender => ({
  name,
  add: () => queue.add(newJob()),
  close,
});

const embedded = async (): Promise<QueueContender> => {
  const directory = mkdtempSync(path.join(tmpdir(), 'bench-queue-'));
  const store = await openEmbeddedStore({ directory, clock: systemClock });
  return ours('ours, embedded (libsql)', store.queue, async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });
};

const onRedis = async ({ settings }: RedisServer): Promise<QueueContender> => {
  const store = await openRedisStore(settings, { clock: systemClock, random: Math.random, logger: silentLogger });
  return ours('ours, on BullMQ and Redis', store.queue, () => store.close());
};

/** Its own job id, its own options, no order, no expiry: less than ours are asked to do. */
export const AS_IT_COMES = 'BullMQ as it comes';

const bullmqAsItComes = ({ settings }: RedisServer): QueueContender => {
  const queue = new Queue('bench', { connection: { host: settings.host, port: settings.port } });
  return {
    name: AS_IT_COMES,
    add: () => queue.add('create_contact', { payload: PAYLOAD }),
    close: () => queue.close(),
  };
};

export interface QueueContenders {
  readonly contenders: readonly QueueContender[];
  close(): Promise<void>;
}

export const openQueueContenders = async (): Promise<QueueContenders> => {
  const redis = await startRedis();
  const contenders = [await embedded(), await onRedis(redis), bullmqAsItComes(redis)];
  return {
    contenders,
    close: async () => {
      for (const contender of contenders) await contender.close();
      await redis.stop();
    },
  };
};
