--[[
  What a Redis must be able to do for us: run a script that asks for the time and writes.

  KEYS[1]  a key of our prefix, gone after a minute

  Returns  {seconds since 1970, microseconds}
]]
local time = redis.call('TIME')
redis.call('SET', KEYS[1], time[1], 'PX', 60000)
return time
