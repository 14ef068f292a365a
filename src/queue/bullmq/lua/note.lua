--[[
  Notes how an execution ended, before BullMQ moves the job accordingly. Dying in between costs a repeat, not a job.

  KEYS[1]  base               KEYS[2]  what is kept
  ARGV[1]  job id             ARGV[2]  token of the lock
  ARGV[3]  kind: succeeded, failed, uncertain, expired, retry or postponed
  ARGV[4]  reason, or ''      ARGV[5]  now, ms
  ARGV[6]  dueAt, ms          ARGV[7]  result, or ''
  ARGV[8]  '1' if what is known of an interruption is to be kept
  ARGV[9]  hour               ARGV[10] bytes kept at most: a result above them is not

  Returns  1; 0 if the lock is gone: then nothing is noted.
]]
local id = ARGV[1]
local job = base .. id
local kind = ARGV[3]
if redis.call('GET', job .. ':lock') ~= ARGV[2] then return 0 end

-- What was done is noted even in a Redis without memory: after a first write that needs none, a script may go on.
redis.call('PERSIST', job)
redis.call('HSET', job, 'since', ARGV[5], 'dueAt', ARGV[6])
redis.call('HDEL', job, 'reason')
if ARGV[4] ~= '' then redis.call('HSET', job, 'reason', ARGV[4]) end
local hour = tonumber(ARGV[9])
if ARGV[7] ~= '' and fits(KEYS[2], ARGV[7], hour, tonumber(ARGV[10])) then
  redis.call('HSET', job, 'result', ARGV[7])
  countKept(KEYS[2], ARGV[7], 0, hour)
end
if kind ~= 'expired' and kind ~= 'postponed' then redis.call('HINCRBY', job, 'attempts', 1) end
if kind == 'retry' or (kind == 'postponed' and ARGV[8] ~= '1') then redis.call('HDEL', job, 'begun') end

-- One that was begun, and whose end nobody told, may have been done: it is not said to have failed.
if kind == 'expired' then kind = redis.call('HGET', job, 'begun') == '1' and 'uncertain' or 'failed' end
if kind == 'failed' then redis.call('HSET', job, 'ending', 'failed') end
if kind == 'uncertain' then
  redis.call('HSET', job, 'ending', 'uncertain')
  redis.call('ZADD', base .. 'uncertain', ARGV[5], id)
end
return 1
