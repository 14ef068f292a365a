--[[
  Looks for an answer that all replicas may use, and takes the turn to ask for it where there is none.

  KEYS[1]  the answer (hash: text, stamp, livesForMs)     KEYS[2]  the turn ('<token> <stamp>', or 'open')
  KEYS[3…]  the generations of its labels
  ARGV[1]  token of this look          ARGV[2]  what is wanted: nothing, fresh or any
  ARGV[3]  an answer is fresh for, ms  ARGV[4]  an answer lives for, ms
  ARGV[5]  a turn lasts for, ms        ARGV[6]  a generation outlives the answers asked for in it by, ms

  Returns  {turn: ours, theirs or open, stamp}, followed by {text, age in ms, '1' if fresh} where there is an answer that is wanted
]]
local token = ARGV[1]
local want = ARGV[2]
local freshFor = tonumber(ARGV[3])

local generations = {}
for index = 3, #KEYS do
  local generation = redis.call('GET', KEYS[index])
  if not generation then
    -- One that was purged or lost is never had again: what it stamped matches nothing from here on.
    generation = token
    redis.call('SET', KEYS[index], token, 'PX', tonumber(ARGV[4]) + tonumber(ARGV[6]))
  end
  generations[#generations + 1] = generation
end
local stamp = table.concat(generations, ' ')
if want == 'nothing' then return { 'open', stamp } end

local kept = redis.call('HMGET', KEYS[1], 'text', 'stamp', 'livesForMs')
local age = -1
if kept[1] and kept[2] == stamp then
  local left = redis.call('PTTL', KEYS[1])
  if left > 0 then age = tonumber(kept[3]) - left end
end
if age >= 0 and age < freshFor then return { 'open', stamp, kept[1], age, '1' } end

local turn = 'ours'
local held = redis.call('GET', KEYS[2])
if held == 'open' then
  turn = 'open'
elseif held and string.sub(held, string.find(held, ' ', 1, true) + 1) == stamp then
  turn = 'theirs'
else
  redis.call('SET', KEYS[2], token .. ' ' .. stamp, 'PX', ARGV[5])
end
if want == 'any' and age >= 0 then return { turn, stamp, kept[1], age, '0' } end
return { turn, stamp }
