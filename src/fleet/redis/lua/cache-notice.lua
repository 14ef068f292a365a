--[[
  Writes a purge into the log of purges, and tells everybody.

  KEYS[1]  number of the latest purge   KEYS[2]  the log: sealed texts, latest first
  ARGV[1]  the purge, sealed            ARGV[2]  how many the log holds
  ARGV[3]  ms after which a log that nobody writes to is gone
  ARGV[4]  the channel: messages are '<number> <text>'
]]
local at = redis.call('INCR', KEYS[1])
redis.call('LPUSH', KEYS[2], ARGV[1])
redis.call('LTRIM', KEYS[2], 0, tonumber(ARGV[2]) - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PUBLISH', ARGV[4], at .. ' ' .. ARGV[1])
