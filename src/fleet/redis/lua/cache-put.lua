--[[
  Keeps an answer for all replicas, unless it was purged or overtaken since it was asked for; ends the turn of who asked.

  KEYS     as for cache-look
  ARGV[1]  token of the look       ARGV[2]  its stamp
  ARGV[3]  the answer, sealed      ARGV[4]  lives for, ms
  ARGV[5]  asked so many ms ago    ARGV[6]  a generation outlives the answers asked for in it by, ms

  Returns  1 if it is kept, else 0
]]
local held = redis.call('GET', KEYS[2])
if held and string.sub(held, 1, #ARGV[1] + 1) == ARGV[1] .. ' ' then redis.call('UNLINK', KEYS[2]) end

local generations = {}
for index = 3, #KEYS do
  generations[#generations + 1] = redis.call('GET', KEYS[index]) or ''
end
if table.concat(generations, ' ') ~= ARGV[2] then return 0 end

local livesFor = tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'stamp', 'livesForMs')
if kept[1] == ARGV[2] and tonumber(kept[2]) - redis.call('PTTL', KEYS[1]) < tonumber(ARGV[5]) then return 0 end

redis.call('HSET', KEYS[1], 'text', ARGV[3], 'stamp', ARGV[2], 'livesForMs', ARGV[4])
redis.call('PEXPIRE', KEYS[1], livesFor)
local outlives = livesFor + tonumber(ARGV[6])
for index = 3, #KEYS do
  if redis.call('PTTL', KEYS[index]) < outlives then redis.call('PEXPIRE', KEYS[index], outlives) end
end
return 1
