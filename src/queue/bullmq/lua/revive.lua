--[[
  Puts a dead letter or an uncertain job back where it stood in line, with nothing held against it.

  KEYS[1]  base
  ARGV[1]  job id             ARGV[2]  how it must have ended: 'failed' or 'uncertain'
  ARGV[3]  now, ms            ARGV[4]  expiresAt, ms

  Returns  1; 0 if it had not ended so (any more).
]]
local id = ARGV[1]
local job = base .. id
if redis.call('HGET', job, 'ending') ~= ARGV[2] then return 0 end
if redis.call('ZREM', base .. 'failed', id) == 0 then return 0 end

redis.call('ZREM', base .. 'uncertain', id)
redis.call('HDEL', job, 'ending', 'reason', 'attempts', 'begun', 'finishedOn', 'processedOn', 'failedReason', 'atm', 'ats', 'stc')
redis.call('HSET', job, 'since', ARGV[3], 'dueAt', ARGV[3], 'expiresAt', ARGV[4])
enter(id, tonumber(ARGV[3]))
return 1
