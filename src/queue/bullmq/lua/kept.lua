--[[
  Put before scripts that keep answers: how much is kept, in a hash with two fields for each hour since 1970 in which something was put
  in, `b<hour>` its bytes and `a<hour>` the answers to Idempotency-Keys. What is dropped meanwhile is counted until its time is over.
]]
local KEPT_HOURS = 26

local function sumKept(kept, letter, hour)
  local sum = 0
  local fields = redis.call('HGETALL', kept)
  for index = 1, #fields, 2 do
    local at = tonumber(string.match(fields[index], '^' .. letter .. '(%d+)$'))
    if at and at > hour - KEPT_HOURS then sum = sum + tonumber(fields[index + 1]) end
  end
  return sum
end

local function fits(kept, text, hour, mostBytes)
  return sumKept(kept, 'b', hour) + #text <= mostBytes
end

local function countKept(kept, text, answers, hour)
  for _, field in ipairs(redis.call('HKEYS', kept)) do
    if tonumber(string.sub(field, 2)) <= hour - KEPT_HOURS then redis.call('HDEL', kept, field) end
  end
  redis.call('HINCRBY', kept, 'b' .. hour, #text)
  redis.call('HINCRBY', kept, 'a' .. hour, answers)
end
