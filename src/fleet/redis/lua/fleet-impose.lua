--[[
  Imposes an override on every replica.

  ARGV[5]  mode               ARGV[6]  reason
  ARGV[7]  by whom            ARGV[8]  for how long, ms

  Returns  the view
]]
redis.call('DEL', overrideKey)
redis.call('HSET', overrideKey, 'mode', ARGV[5], 'reason', ARGV[6], 'by', ARGV[7])
redis.call('PEXPIRE', overrideKey, math.ceil(ARGV[8]))
tell()
return view()
