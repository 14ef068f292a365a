--[[
  Remembers the answer to the first request with an Idempotency-Key, as long as the key is remembered.

  KEYS[1]  hash of the key
  ARGV[1]  answer

  Returns  1; 0 if the key is forgotten.
]]
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
-- What was begun is ended even in a Redis without memory: after a first write that needs none, a script may go on.
redis.call('HDEL', KEYS[1], 'claim')
redis.call('HSET', KEYS[1], 'answer', ARGV[1])
return 1
