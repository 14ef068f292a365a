--[[
  Ends a job as cancelled if it is queued. It goes to BullMQ's completed set, beside what needs nobody's attention.

  KEYS[1]  base
  ARGV[1]  job id             ARGV[2]  now, ms

  Returns  1 if another job was waiting for that, else 0. The record tells whether it was cancelled.
]]
local id = ARGV[1]
local job = base .. id
if redis.call('HEXISTS', job, 'number') == 0 then return 0 end
local taken = redis.call('ZREM', base .. 'prioritized', id) + redis.call('ZREM', base .. 'delayed', id)
  + redis.call('LREM', base .. 'wait', 0, id)
if taken == 0 then return 0 end

redis.call('HSET', job, 'ending', 'cancelled', 'since', ARGV[2], 'finishedOn', ARGV[2])
redis.call('HDEL', job, 'reason', 'parked')
redis.call('ZADD', base .. 'completed', ARGV[2], id)
redis.call('ZADD', base .. 'cancelled', ARGV[2], id)
return leave(id)
