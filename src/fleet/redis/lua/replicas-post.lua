--[[
  Puts a replica's snapshot up, takes down those whose time is over, and tells what is up.

  KEYS[1]  hash: replica -> time it was put up, µs, '|' and the snapshot     KEYS[2]  sorted set: replica by the end of its time, µs
  ARGV[1]  replica            ARGV[2]  snapshot, JSON
  ARGV[3]  for how long, ms   ARGV[4]  for how long the keys outlive the last replica, ms

  Returns  {age in ms, snapshot, age in ms, snapshot, …}
]]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. '|' .. ARGV[2])
redis.call('ZADD', KEYS[2], now + ARGV[3] * 1000, ARGV[1])
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('ZREM', KEYS[2], gone)
  redis.call('HDEL', KEYS[1], gone)
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])

local seen = {}
for _, said in ipairs(redis.call('HVALS', KEYS[1])) do
  local bar = string.find(said, '|', 1, true)
  seen[#seen + 1] = math.floor((now - tonumber(string.sub(said, 1, bar - 1))) / 1000)
  seen[#seen + 1] = string.sub(said, bar + 1)
end
return seen
