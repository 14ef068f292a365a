--[[
  Says which fingerprint of a circuit is in use, and asks for others.

  KEYS[1]  fingerprints  zset  fingerprint -> when it was last seen, s since 1970; gone a minute after the last
  ARGV[1]  our fingerprint

  Returns  the others of the last minute
]]
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 60)
redis.call('PEXPIRE', KEYS[1], 60000)
local others = {}
for _, fingerprint in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if fingerprint ~= ARGV[1] then table.insert(others, fingerprint) end
end
return others
