--[[
  Remembers the answer to the first request with an Idempotency-Key, as long as the key is remembered.

  KEYS[1]  hash of the key   KEYS[2]  what is kept
  ARGV[1]  answer            ARGV[2]  what is kept instead where there is no room
  ARGV[3]  hour              ARGV[4]  bytes kept at most

  Returns  1; 0 if the key is forgotten.
]]
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
-- What was begun is ended even in a Redis without memory: after a first write that needs none, a script may go on.
redis.call('HDEL', KEYS[1], 'claim')
local hour = tonumber(ARGV[3])
local text = fits(KEYS[2], ARGV[1], hour, tonumber(ARGV[4])) and ARGV[1] or ARGV[2]
redis.call('HSET', KEYS[1], 'answer', text)
countKept(KEYS[2], text, 1, hour)
return 1
