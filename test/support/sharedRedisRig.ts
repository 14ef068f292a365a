/**
 * A real Redis with a guest that waits as long as it takes: what a store does is asked, not how fast this machine is. What every rig of a
 * shared store needs of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '../../src/logging/logger.ts';
import { RedisGuest } from '../../src/redis/redisGuest.ts';
import { systemClock } from '../../src/time/clock.ts';
import { until } from '../contract/queueRig.ts';
import { startRedis, type RedisServer } from './redisServer.ts';

const real = { tick: () => sleep(5) };

export interface SharedRedisRig {
  readonly guest: RedisGuest;
  /** What all of them do alike. */
  readonly controls: {
    flush(): Promise<void>;
    down(): Promise<void>;
    up(): Promise<void>;
    /** Resolves when every message that was sent before has come. */
    heard(): Promise<void>;
    close(): Promise<void>;
  };
}

const openPatientGuest = ({ settings }: RedisServer): Promise<RedisGuest> =>
  RedisGuest.open(
    { settings, clock: systemClock, random: () => 0.5, logger: silentLogger, keyPrefix: 'test', workWithinMs: 10_000 },
    'shared',
  );

/** Messages come in the order in which they were sent: when ours has come, all before it have. */
const listenFor = (guest: RedisGuest): (() => Promise<void>) => {
  let pings = 0;
  const heard = new Set<string>();
  guest.subscribe('heard', (message) => heard.add(message));
  return async () => {
    const ping = String((pings += 1));
    await until(real, async () => {
      await guest.ask((client) => client.publish(`${guest.prefix}:heard`, ping));
      return heard.has(ping) ? true : undefined;
    });
  };
};

/** @param channel Of the store: subscribed in the same command, so that whoever listens later listens from the beginning. */
export const openSharedRedis = async (channel: string): Promise<SharedRedisRig> => {
  const server = await startRedis(['--appendonly', 'no']);
  const guest = await openPatientGuest(server);
  const untilIs = (isUp: boolean): Promise<true> => until(real, () => Promise.resolve(guest.isUp === isUp ? true : undefined));
  await untilIs(true);
  const heard = listenFor(guest);
  guest.subscribe(channel, () => undefined);
  await heard();
  return {
    guest,
    controls: {
      flush: async () => {
        await guest.ask((client) => client.flushall());
      },
      down: async () => {
        await server.kill();
        await untilIs(false);
      },
      up: async () => {
        await server.start();
        await untilIs(true);
        await heard();
      },
      heard,
      close: async () => {
        await guest.close();
        await server.stop();
      },
    },
  };
};
