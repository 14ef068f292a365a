--[[
  Asks for the right to make one probe. The first asked for after the open time begins the trial.

  ARGV[5]  lease, a word      ARGV[6]  epoch under which it is asked for
  ARGV[7]  how long, ms

  Returns  the view, and behind it 1 if granted, else 0
]]
local isOfNow = tonumber(ARGV[6]) == circuit.epoch
if isOfNow and circuit.state == 'open' and now >= circuit.openUntil then
  circuit.state = 'half_open'
  redis.call('HSET', stateKey, 'state', 'half_open')
  keepState()
  tell()
end

local granted = 0
if isOfNow and circuit.state == 'half_open' then
  redis.call('ZREMRANGEBYSCORE', leasesKey, '-inf', whole(now))
  if redis.call('ZCARD', leasesKey) < 1 + circuit.successes then
    redis.call('ZADD', leasesKey, whole(now + ARGV[7] * 1000), replica .. ' ' .. ARGV[5])
    redis.call('PEXPIRE', leasesKey, math.max(redis.call('PTTL', leasesKey), math.ceil(ARGV[7])))
    granted = 1
  end
end

local answer = view()
table.insert(answer, granted)
return answer
