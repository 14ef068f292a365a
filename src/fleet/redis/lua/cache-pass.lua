--[[
  Ends a turn without an answer.

  KEYS[1]  the turn
  ARGV[1]  token of the look that took it
  ARGV[2]  for so many ms nobody shall wait for a turn there, since the answer cannot be shared; 0: the next one takes it
]]
local held = redis.call('GET', KEYS[1])
if not held or string.sub(held, 1, #ARGV[1] + 1) ~= ARGV[1] .. ' ' then return end
if tonumber(ARGV[2]) > 0 then
  redis.call('SET', KEYS[1], 'open', 'PX', ARGV[2])
else
  redis.call('UNLINK', KEYS[1])
end
