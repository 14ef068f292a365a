--[[
  One replica tells how it stands to one limit, and is told what it may use of it (docs/decisions/0015-quota-governor.md).

  KEYS[1]  hash of the limit: generation, newUntil, unsettledUntil (ms), stated (the limit, if the service told it), and for each
           replica 'r:<replica>' -> share, held, used, fallsAt, at, wanted, needed, usable, since, number, known (0: it has ended), with a
           space between them
  KEYS[2]  hash of the last refusal in the limit's class: number, at, pausedUntil (ms)
  ARGV[1]  replica                     ARGV[2]  number of the report: a later one is larger
  ARGV[3]  limit                       ARGV[4]  1: the service told the limit, else 0
  ARGV[5]  ms that a permit counts as used after its attempt, at most
  ARGV[6]  held    ARGV[7]  used       ARGV[8]  ms until used has fallen to held, -1: nobody knows
  ARGV[9]  wanted  ARGV[10] needed     ARGV[11] usable    ARGV[12] generation of the last grant, 0: none
  ARGV[13] 1: its process ends, else 0 ARGV[14] ms between two reports, as it would have it

  All are permits where nothing else is said; the time is Redis' own. Never is the sum of what is reserved for all made larger than
  the limit: a share grows only by what is reserved for nobody, and what is given up is free when the replica has said that it knows.

  Returns  {permits, lease in ms, fair (a string), replicas, generation, ms until the next report, number of the news or 0,
            ms that its pause lasts still, ms since it, replicas that were here in the last ten minutes and have not ended,
            what is reserved for others}
           {} if a later report of the replica was here before
]]
local LEASE_MS = 10000
local SETTLE_MS = 6000
local NEW_MS = 600
local KNOWN_FOR_MS = 600000
-- A report of a thousand takes Redis some ms; and it has to come well within the lease.
local MOST_PAUSE_MS = 8000
local NEVER = 9000000000000000

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local id = ARGV[1]
local holdsMs = tonumber(ARGV[5])
local held, used, fallsInMs = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local wanted, needed, usable = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])

local function whole(number)
  return string.format('%.0f', number)
end

local FIELDS = '^' .. string.rep('(%d+) ', 10) .. '(%d+)$'
local function read(id, text)
  local share, held, used, fallsAt, at, wanted, needed, usable, since, number, known = string.match(text, FIELDS)
  return {
    id = id, share = tonumber(share), held = tonumber(held), used = tonumber(used), fallsAt = tonumber(fallsAt), at = tonumber(at),
    wanted = tonumber(wanted), needed = tonumber(needed), usable = tonumber(usable), since = tonumber(since), number = tonumber(number),
    known = tonumber(known),
  }
end

local function write(r)
  local values = { r.share, r.held, r.used, r.fallsAt, r.at, r.wanted, r.needed, r.usable, r.since, r.number, r.known }
  for index, value in ipairs(values) do values[index] = whole(value) end
  redis.call('HSET', KEYS[1], 'r:' .. r.id, table.concat(values, ' '))
end

-- What others cannot have: all it holds, and until that has come back, all it used.
local function reserved(r)
  local share = math.max(r.share, r.held)
  return now < r.fallsAt and math.max(share, r.used) or share
end

-- The level to which wishes are met if nobody shall get more before others have as much.
local function fairLevel(limit, replicas)
  local wishes, left = {}, limit
  for index, r in ipairs(replicas) do wishes[index] = r.wanted end
  table.sort(wishes)
  for index, wish in ipairs(wishes) do
    local level = left / (#wishes - index + 1)
    if wish > level then return level end
    left = left - wish
  end
  return limit
end

-- Who has what it needs and has not used it yet keeps it; then come those who have waited longest.
local function inTurn(a, b)
  local keepsA, keepsB = a.share >= a.needed, b.share >= b.needed
  if keepsA ~= keepsB then return keepsA end
  if a.since ~= b.since then return a.since < b.since end
  return a.id < b.id
end

-- As much of its wish for each as is fair; and what does not come out even, or is too little to be of use, whole to those whose
-- turn it is.
local function divide(limit, replicas, fair)
  local left, short = limit, {}
  for _, r in ipairs(replicas) do
    r.target = math.floor(math.min(r.wanted, fair))
    if r.needed > r.target then
      r.target = math.min(r.target, r.usable)
      if r.usable < fair then short[#short + 1] = r end
    end
    left = left - r.target
  end
  table.sort(short, inTurn)
  for _, r in ipairs(short) do
    local more = r.needed - r.target
    if more > left then break end
    r.target = r.needed
    left = left - more
  end
end

-- Who has waited for a whole window, for more at once than is fair, gets it first; another time it waits again.
local function allot(limit, replicas)
  local fair, first, rest = fairLevel(limit, replicas), nil, {}
  for _, r in ipairs(replicas) do
    local isLate = r.since > 0 and r.since <= now - holdsMs
    if isLate and r.needed > fair and r.usable < fair and (not first or inTurn(r, first)) then first = r end
  end
  for _, r in ipairs(replicas) do
    if first and r ~= first then rest[#rest + 1] = r end
  end
  if first then
    first.target = math.min(limit, first.needed)
    local left = math.max(0, limit - first.needed)
    divide(left, rest, fairLevel(left, rest))
  else
    divide(limit, replicas, fair)
  end
  return fair
end

-- A clock that was set back must not keep the past alive.
local function correct(r)
  local ahead = r.at - now
  if ahead <= 0 then return end
  r.at = now
  r.fallsAt = r.fallsAt - (r.fallsAt < NEVER and ahead or 0)
  write(r)
end

local hash = redis.call('HGETALL', KEYS[1])
local generation, newUntil, unsettledUntil, stated
local present, others, before, known = {}, {}, nil, 0
for index = 1, #hash, 2 do
  local field, value = hash[index], hash[index + 1]
  if field == 'generation' then generation = tonumber(value)
  elseif field == 'newUntil' then newUntil = tonumber(value)
  elseif field == 'unsettledUntil' then unsettledUntil = tonumber(value)
  elseif field == 'stated' then stated = tonumber(value)
  else
    local r = read(string.sub(field, 3), value)
    correct(r)
    local ageMs = now - r.at
    if r.id == id then before = r
    elseif ageMs > KNOWN_FOR_MS or (r.known == 0 and ageMs > LEASE_MS + holdsMs) then redis.call('HDEL', KEYS[1], field)
    else
      known = known + r.known
      if ageMs <= LEASE_MS + holdsMs then others[#others + 1] = r end
      if ageMs <= LEASE_MS and r.known == 1 then present[#present + 1] = r end
    end
  end
end

local number = tonumber(ARGV[2])
if before and number <= before.number then return {} end
if not generation then
  generation, newUntil = time[1] * 1000000 + time[2], now + NEW_MS
  redis.call('HSET', KEYS[1], 'generation', whole(generation), 'newUntil', whole(newUntil))
end
newUntil = math.min(newUntil or 0, now + NEW_MS)
unsettledUntil = math.min(unsettledUntil or 0, now + SETTLE_MS)
-- Somebody holds what this memory never granted: there may be more of them.
if tonumber(ARGV[12]) ~= generation and (held > 0 or used > 0) then
  unsettledUntil = now + SETTLE_MS
  redis.call('HSET', KEYS[1], 'unsettledUntil', whole(unsettledUntil))
end
local limit = tonumber(ARGV[3])
if ARGV[4] == '1' then
  redis.call('HSET', KEYS[1], 'stated', whole(limit))
elseif stated then
  limit = stated
end

local me = {
  id = id, share = held, held = held, used = used, at = now, wanted = wanted, needed = needed, usable = usable, number = number,
  fallsAt = fallsInMs < 0 and NEVER or now + fallsInMs,
  since = 0, known = ARGV[13] == '1' and 0 or 1, target = 0,
}
-- It waits on until it uses more than before.
if needed > 0 and before and before.since > 0 and used <= before.used then
  me.since = before.since
elseif needed > held then
  me.since = now
end
if me.known == 1 then present[#present + 1] = me end
known = known + me.known

local free, forPresent = limit, limit
for _, r in ipairs(others) do
  free = free - reserved(r)
  if r.known == 0 or now > r.at + LEASE_MS then forPresent = forPresent - reserved(r) end
end
-- Who uses nothing has a little all the same: a first call waits for nobody.
local idle = math.floor(limit / (16 * math.max(1, #present)))
for _, r in ipairs(present) do r.wanted = math.max(r.wanted, idle) end
local fair = allot(math.max(0, forPresent), present)
-- A memory that is new may have been lost: those who hold something by the old one come first.
if now < newUntil then me.target = math.min(me.target, math.max(held, 1, math.floor(limit / 20))) end

local permits
if me.target >= held then
  permits = now < unsettledUntil and held or math.max(held, math.min(me.target, free))
elseif used == 0 and needed == 0 then
  permits = me.target
else
  -- Lowered no further than others need.
  local missing = 0
  for _, r in ipairs(present) do
    if r ~= me then missing = missing + math.max(0, r.target - math.max(r.share, r.held)) end
  end
  permits = math.max(me.target, math.min(held, free - missing))
end

-- Who has to wait comes back when it is its turn to get what comes free next.
local reportInMs = math.max(tonumber(ARGV[14]), math.min(MOST_PAUSE_MS, #present * 8))
if permits < needed then
  local falling, ahead = {}, 1
  for _, r in ipairs(others) do
    if r.fallsAt > now and r.fallsAt < NEVER and r.used > math.max(r.share, r.held) then falling[#falling + 1] = r.fallsAt end
  end
  for _, r in ipairs(present) do
    if r ~= me and r.needed > r.share and r.since < me.since then ahead = ahead + 1 end
  end
  table.sort(falling)
  if now < newUntil then reportInMs = math.min(reportInMs, newUntil - now + 1)
  elseif falling[ahead] then reportInMs = math.min(reportInMs, math.max(1, falling[ahead] - now)) end
end

me.wanted = wanted
me.share = permits
write(me)
redis.call('PEXPIRE', KEYS[1], KNOWN_FOR_MS)

local news = redis.call('HMGET', KEYS[2], 'number', 'at', 'pausedUntil')
local pauseMs, agoMs = 0, 0
if news[1] then
  pauseMs = math.max(0, news[3] - math.max(now, news[2]))
  agoMs = math.max(0, now - news[2])
end
return { permits, LEASE_MS, tostring(fair), #present, generation, math.ceil(reportInMs), tonumber(news[1] or 0), pauseMs, agoMs, known, limit - free }
