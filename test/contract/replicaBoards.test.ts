import { setTimeout as sleep } from 'node:timers/promises';
import { RedisGuest } from '../../src/redis/redisGuest.ts';
import { RedisReplicaBoard } from '../../src/fleet/redis/redisReplicaBoard.ts';
import { systemClock } from '../../src/time/clock.ts';
import { HandDrivenClock } from '../support/handDrivenClock.ts';
import { MemoryReplicaBoard } from '../support/memoryReplicaBoard.ts';
import { recordingLogger } from '../support/recordingLogger.ts';
import { startRedis, type RedisServer } from '../support/redisServer.ts';
import { replicaBoardContract } from './replicaBoardContract.ts';

replicaBoardContract('memory', async () => {
  const clock = new HandDrivenClock();
  const pass = (ms: number): Promise<void> => {
    clock.advance(ms);
    return Promise.resolve();
  };
  return Promise.resolve({ board: new MemoryReplicaBoard(clock), pass });
});

describe('what replicas share of themselves', () => {
  let server: RedisServer;
  let guest: RedisGuest;
  let rooms = 0;

  before(async () => {
    server = await startRedis();
  });

  afterEach(() => guest.close());

  after(() => server.stop());

  replicaBoardContract('Redis', async () => {
    rooms += 1;
    const parts = { settings: server.settings, clock: systemClock, random: Math.random, logger: recordingLogger().logger };
    guest = await RedisGuest.open({ ...parts, keyPrefix: `board-${String(rooms)}` }, 'fleet');
    await new Promise<void>((resolve) => {
      guest.watch({ up: resolve, down: () => undefined });
    });
    // Its clock is its own: it cannot be driven.
    return { board: new RedisReplicaBoard(guest), pass: (ms) => sleep(ms) };
  });
});
