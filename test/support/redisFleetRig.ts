/**
 * A fleet on a real Redis as its contract suite wants it. Time passes at once: everything that Redis holds is made older,
 * which is the same, since nothing but differences to Redis' own clock is ever looked at.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '../../src/logging/logger.ts';
import { RedisFleetStore } from '../../src/redis/redisFleetStore.ts';
import { RedisGuest } from '../../src/redis/redisGuest.ts';
import { systemClock } from '../../src/time/clock.ts';
import { until } from '../contract/queueRig.ts';
import type { FleetRig } from '../contract/fleetRig.ts';
import { startRedis, type RedisServer } from './redisServer.ts';

const MAKE_OLDER = `
local ms = tonumber(ARGV[1])
local older = function(us) return string.format('%.0f', math.max(0, us - ms * 1000)) end
for _, key in ipairs(redis.call('KEYS', '*:fleet:*')) do
  local left = redis.call('PTTL', key)
  if string.find(key, ':state$') then
    for _, field in ipairs({ 'until', 'closedAt' }) do
      local at = redis.call('HGET', key, field)
      if at then redis.call('HSET', key, field, older(at)) end
    end
  elseif string.find(key, ':replicas$') or string.find(key, ':successes$') or string.find(key, ':leases$') then
    local all = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for i = 1, #all, 2 do redis.call('ZADD', key, older(all[i + 1]), all[i]) end
  end
  if left > 0 then redis.call('PEXPIRE', key, math.max(0, left - ms)) end
end
return redis.call('PING')`;

/** It waits as long as it takes: what the store does is asked here, not how fast this machine is. */
const openPatientGuest = async ({ settings }: RedisServer): Promise<RedisGuest> => {
  const guest = await RedisGuest.open(
    { settings, clock: systemClock, random: () => 0.5, logger: silentLogger, keyPrefix: 'test', workWithinMs: 10_000 },
    'shared',
  );
  await untilUp(guest);
  return guest;
};

const real = { tick: () => sleep(5) };
const untilUp = (guest: RedisGuest): Promise<true> => until(real, () => Promise.resolve(guest.isUp ? true : undefined));

export const redisFleetRig = async (): Promise<FleetRig> => {
  const server = await startRedis(['--appendonly', 'no']);
  const guest = await openPatientGuest(server);
  const stores = new Map<string, RedisFleetStore>();
  let pings = 0;
  const heard = new Set<string>();
  const parts = { guest, clock: systemClock, random: () => 0.5, logger: silentLogger };
  guest.subscribe('heard', (message) => heard.add(message));
  // In the same command: whoever listens later listens from the beginning.
  guest.subscribe('fleet:changed', () => undefined);
  // Messages come in the order in which they were sent.
  const untilHeard = async (): Promise<void> => {
    const ping = String((pings += 1));
    await until(real, async () => {
      await guest.ask((client) => client.publish(`${guest.prefix}:heard`, ping));
      return heard.has(ping) ? true : undefined;
    });
  };
  await untilHeard();
  return {
    join: (replica) => {
      const store = stores.get(replica) ?? new RedisFleetStore({ ...parts, replica });
      stores.set(replica, store);
      return store;
    },
    pass: async (ms) => {
      await guest.ask((client) => client.eval(MAKE_OLDER, 0, ms));
    },
    flush: async () => {
      await guest.ask((client) => client.flushall());
    },
    down: async () => {
      await server.kill();
      await until(real, () => Promise.resolve(guest.isUp ? undefined : true));
    },
    up: async () => {
      await server.start();
      await untilUp(guest);
      await untilHeard();
    },
    heard: untilHeard,
    close: async () => {
      await guest.close();
      await server.stop();
    },
  };
};
