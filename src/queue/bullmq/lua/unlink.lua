--[[
  Takes ended jobs out of our own keys; BullMQ drops the jobs themselves afterwards.

  KEYS[1]  base
  ARGV[1]  'completed' or 'failed'
  ARGV[2]  those that ended up to this moment, ms
  ARGV[3]  at most so many, the oldest first

  Returns  how many.
]]
local ids = redis.call('ZRANGEBYSCORE', base .. ARGV[1], '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
for _, id in ipairs(ids) do
  leave(id)
  redis.call('ZREM', base .. 'accepted', id)
  redis.call('ZREM', base .. 'uncertain', id)
  redis.call('ZREM', base .. 'cancelled', id)
end
return #ids
