--[[
  A person decides about a dead letter or an uncertain job. To be repeated, it goes back where it stood in line, with nothing held against it.

  KEYS[1]  base
  ARGV[1]  job id             ARGV[2]  how it must have ended: 'failed' or 'uncertain'
  ARGV[3]  'repeat', 'done' or 'discard'
  ARGV[4]  now, ms            ARGV[5]  expiresAt of one to be repeated, ms

  Returns  1; 0 if it had not ended so (any more).
]]
local id = ARGV[1]
local job = base .. id
if redis.call('HGET', job, 'ending') ~= ARGV[2] then return 0 end
if redis.call('ZREM', base .. 'failed', id) == 0 then return 0 end

redis.call('ZREM', base .. 'uncertain', id)
redis.call('HDEL', job, 'ending', 'reason', 'begun', 'failedReason')
redis.call('HSET', job, 'since', ARGV[4])
if ARGV[3] == 'repeat' then
  redis.call('HDEL', job, 'attempts', 'finishedOn', 'processedOn', 'atm', 'ats', 'stc')
  redis.call('HSET', job, 'dueAt', ARGV[4], 'expiresAt', ARGV[5])
  enter(id, tonumber(ARGV[4]))
  return 1
end
redis.call('HSET', job, 'finishedOn', ARGV[4])
redis.call('ZADD', base .. 'completed', ARGV[4], id)
if ARGV[3] == 'discard' then
  redis.call('HSET', job, 'ending', 'cancelled')
  redis.call('ZADD', base .. 'cancelled', ARGV[4], id)
end
return 1
