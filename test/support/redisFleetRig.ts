/**
 * A fleet on a real Redis as its contract suite wants it. Time passes at once: everything that Redis holds is made older,
 * which is the same, since nothing but differences to Redis' own clock is ever looked at.
 */
import { silentLogger } from '../../src/logging/logger.ts';
import { RedisFleetStore } from '../../src/fleet/redis/redisFleetStore.ts';
import { systemClock } from '../../src/time/clock.ts';
import type { FleetRig } from '../contract/fleetRig.ts';
import { openSharedRedis } from './sharedRedisRig.ts';

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

export const redisFleetRig = async (): Promise<FleetRig> => {
  const { guest, controls } = await openSharedRedis('fleet:changed');
  const stores = new Map<string, RedisFleetStore>();
  const parts = { guest, clock: systemClock, random: () => 0.5, logger: silentLogger };
  return {
    ...controls,
    join: (replica) => {
      const store = stores.get(replica) ?? new RedisFleetStore({ ...parts, replica });
      stores.set(replica, store);
      return store;
    },
    pass: async (ms) => {
      await guest.ask((client) => client.eval(MAKE_OLDER, 0, ms));
    },
  };
};
