--[[
  A person says what became of an uncertain job that is not to be sent again.

  KEYS[1]  base
  ARGV[1]  job id             ARGV[2]  'done' or 'discard'
  ARGV[3]  now, ms

  Returns  1; 0 if it is not uncertain (any more).
]]
local id = ARGV[1]
local job = base .. id
if redis.call('HGET', job, 'ending') ~= 'uncertain' then return 0 end
if redis.call('ZREM', base .. 'failed', id) == 0 then return 0 end

redis.call('ZREM', base .. 'uncertain', id)
redis.call('HDEL', job, 'ending', 'reason', 'begun', 'failedReason')
redis.call('HSET', job, 'since', ARGV[3], 'finishedOn', ARGV[3])
redis.call('ZADD', base .. 'completed', ARGV[3], id)
if ARGV[2] == 'discard' then
  redis.call('HSET', job, 'ending', 'cancelled')
  redis.call('ZADD', base .. 'cancelled', ARGV[3], id)
end
return 1
