--[[
  Takes back a use of an Idempotency-Key whose answer came too late for the one who asked.

  KEYS[1]  hash of the key
  ARGV[1]  claim

  Returns  1; 0 if the key is in other hands.
]]
if redis.call('HGET', KEYS[1], 'claim') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
