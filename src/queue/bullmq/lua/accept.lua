--[[
  Accepts a job that BullMQ holds back: from now on it stands in line and is offered.

  KEYS[1]  base               KEYS[2]  set of the services that have or had jobs
  ARGV[1]  job id             ARGV[2]  service
  ARGV[3]  latest moment, ms by the clock of Redis: after it nobody waits for the answer any more
  ARGV[4]  meta, JSON         ARGV[5]  entity, or ''
  ARGV[6]  acceptedAt, ms     ARGV[7]  expiresAt, ms
  ARGV[8]  version

  Returns  'accepted'; 'known' if it was before; 'late' or 'missing' if it is not accepted.
]]
local id = ARGV[1]
local job = base .. id
local time = redis.call('TIME')
if time[1] * 1000 + math.floor(time[2] / 1000) > tonumber(ARGV[3]) then return 'late' end
if redis.call('EXISTS', job) == 0 then return 'missing' end
if redis.call('HEXISTS', job, 'number') == 1 then return 'known' end
-- Held no longer: somebody has fetched it, found it unaccepted, and is dropping it.
if redis.call('ZREM', base .. 'delayed', id) + redis.call('ZREM', base .. 'prioritized', id) == 0 then return 'missing' end

local number = redis.call('INCR', base .. 'sequence')
redis.call('HSET', job, 'number', number, 'priority', number, 'meta', ARGV[4], 'acceptedAt', ARGV[6], 'expiresAt', ARGV[7],
  'since', ARGV[6], 'dueAt', ARGV[6], 'version', ARGV[8])
if ARGV[5] ~= '' then redis.call('HSET', job, 'entity', ARGV[5]) end
redis.call('ZADD', base .. 'accepted', number, id)
redis.call('SADD', KEYS[2], ARGV[2])
enter(id, tonumber(ARGV[6]))
return 'accepted'
