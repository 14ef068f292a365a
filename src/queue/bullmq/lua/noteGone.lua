--[[
  Remembers which records are gone, by digests of their names.

  KEYS[1]  zset: name -> when it was gone, ms   KEYS[2]  when the latest was gone of those for which there was no room, ms
  ARGV[1]  names gone until then are forgotten  ARGV[2]  how many are remembered at most
  ARGV[3]  ms for which all of it is kept       ARGV[4..]  name and moment, in turn
]]
for index = 4, #ARGV, 2 do
  redis.call('ZADD', KEYS[1], 'GT', ARGV[index + 1], ARGV[index])
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
local excess = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[2])
if excess > 0 then
  local dropped = redis.call('ZPOPMIN', KEYS[1], excess)
  local before = tonumber(redis.call('GET', KEYS[2]) or '0')
  redis.call('SET', KEYS[2], string.format('%.0f', math.max(before, tonumber(dropped[#dropped]))), 'PX', ARGV[3])
end
