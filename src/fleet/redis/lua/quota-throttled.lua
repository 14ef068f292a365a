--[[
  One replica was refused as one too many: all shall know. Refusals within a second are one piece of news.

  KEYS[1]  hash of the last refusal in a class of limits: number, at, pausedUntil (ms)
  ARGV[1]  ms for which the service wants to be left alone, 0: it did not say
  ARGV[2]  channel to publish it on   ARGV[3]  what comes before the news in the message: whose limits, as the beginning of a JSON object

  The number is a time in microseconds, so that it grows even after a loss of memory.

  Returns  the number of the news
]]
local ONE_NEWS_MS = 1000
local NEWS_FOR_MS = 60000
local function whole(number)
  return string.format('%.0f', number)
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local pausedUntil = now + tonumber(ARGV[1])
local known = redis.call('HMGET', KEYS[1], 'number', 'at', 'pausedUntil')
local number, at = time[1] * 1000000 + time[2], now
if known[1] then
  local lastAt, lastPause = tonumber(known[2]), tonumber(known[3])
  if now - math.max(lastAt, lastPause) <= ONE_NEWS_MS then
    number, at = tonumber(known[1]), lastAt
  else
    number = math.max(number, tonumber(known[1]) + 1)
  end
  -- After the clock was set back, a pause may seem to have far to go.
  if lastAt <= now then pausedUntil = math.max(pausedUntil, lastPause) end
end
redis.call('HSET', KEYS[1], 'number', whole(number), 'at', whole(at), 'pausedUntil', whole(pausedUntil))
redis.call('PEXPIRE', KEYS[1], pausedUntil - now + NEWS_FOR_MS)
local news = string.format('%s,"number":%s,"pauseMs":%s,"agoMs":%s}', ARGV[3], whole(number), whole(pausedUntil - now), whole(math.max(0, now - at)))
redis.call('PUBLISH', ARGV[2], news)
return number
