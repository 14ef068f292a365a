--[[
  Counts the jobs of a service, and finds the oldest that has not ended.

  KEYS[1]  base

  Returns  {open, running, completed, cancelled, failed, uncertain, acceptedAt of the oldest open one in ms or false}
]]
while true do
  local first = redis.call('ZRANGE', base .. 'open', 0, 0)[1]
  if not first or not hasEnded(first) then break end
  redis.call('ZREM', base .. 'open', first)
end
return {
  redis.call('ZCARD', base .. 'open'),
  redis.call('LLEN', base .. 'active'),
  redis.call('ZCARD', base .. 'completed'),
  redis.call('ZCARD', base .. 'cancelled'),
  redis.call('ZCARD', base .. 'failed'),
  redis.call('ZCARD', base .. 'uncertain'),
  redis.call('ZRANGE', base .. 'open', 0, 0, 'WITHSCORES')[2] or false,
}
