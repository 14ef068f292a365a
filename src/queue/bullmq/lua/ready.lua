--[[
  Counts the jobs that can be fetched now, whoever added or postponed them.

  KEYS[1]  base
  ARGV[1]  now, ms

  Returns  how many.
]]
return redis.call('LLEN', base .. 'wait')
  + redis.call('ZCARD', base .. 'prioritized')
  + redis.call('ZCOUNT', base .. 'delayed', 0, (ARGV[1] + 1) * 0x1000 - 1)
