/**
 * Shares of quotas on a real Redis, as their contract suite wants them. Time passes at once: all that Redis holds is made older,
 * which is the same, since nothing but differences to its own clock is ever looked at.
 */
import { RedisQuotaShares } from '../../src/fleet/redis/redisQuotaShares.ts';
import type { QuotaSharesRig } from '../contract/quotaSharesRig.ts';
import { openSharedRedis } from './sharedRedisRig.ts';

const MAKE_OLDER = `
local ms = tonumber(ARGV[1])
local function older(at) return string.format('%.0f', math.max(0, at - ms)) end
for _, key in ipairs(redis.call('KEYS', '*:quota:*')) do
  local left = redis.call('PTTL', key)
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    if all[i] == 'newUntil' or all[i] == 'unsettledUntil' or all[i] == 'at' or all[i] == 'pausedUntil' then redis.call('HSET', key, all[i], older(all[i + 1]))
    elseif string.find(all[i], '^r:') then
      local values = {}
      for value in string.gmatch(all[i + 1], '%S+') do values[#values + 1] = value end
      if tonumber(values[4]) < 9000000000000000 then values[4] = older(values[4]) end
      values[5] = older(values[5])
      if values[9] ~= '0' then values[9] = older(values[9]) end
      redis.call('HSET', key, all[i], table.concat(values, ' '))
    end
  end
  if left > 0 then redis.call('PEXPIRE', key, math.max(1, left - ms)) end
end`;

export interface RedisQuotaRig extends QuotaSharesRig {
  /** The way of a replica that counts its reports anew, as those of another connection that are late. */
  joinLate(replica: string): RedisQuotaShares;
}

export const redisQuotaRig = async (): Promise<RedisQuotaRig> => {
  const { guest, controls } = await openSharedRedis('quota');
  const replicas = new Map<string, RedisQuotaShares>();
  return {
    ...controls,
    join: (replica) => {
      const shares = replicas.get(replica) ?? new RedisQuotaShares(guest, replica);
      replicas.set(replica, shares);
      return shares;
    },
    joinLate: (replica) => new RedisQuotaShares(guest, replica),
    pass: async (ms) => {
      await guest.ask((client) => client.eval(MAKE_OLDER, 0, ms));
    },
    slackMs: 1000,
  };
};
