import { redisStoreRig } from '../support/redisStoreRig.ts';
import { startRedis, type RedisServer } from '../support/redisServer.ts';
import { durableQueueContract } from './durableQueueContract.ts';
import { idempotencyStoreContract } from './idempotencyStoreContract.ts';
import { keptResultsContract } from './keptResultsContract.ts';

describe('the store in Redis', () => {
  let server: RedisServer;

  before(async () => {
    server = await startRedis();
  });

  after(async () => {
    await server.stop();
  });

  durableQueueContract('BullMQ', () => redisStoreRig(server));
  idempotencyStoreContract('Redis', (limits) => redisStoreRig(server, limits));
  keptResultsContract('BullMQ', (limits) => redisStoreRig(server, limits));
});
