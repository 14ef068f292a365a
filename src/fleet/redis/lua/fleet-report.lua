--[[
  Tells what a replica has seen, and opens the circuit if that completes the quorum.

  ARGV[5]  score, 0 to 1      ARGV[6]  us since a call succeeded, or '' if none has
  ARGV[7]  reason             ARGV[8]  openForMs
  ARGV[9]  openForCapMs       ARGV[10] random, of [0, 1)

  Returns  the view
]]
redis.call('ZADD', replicasKey, whole(now), replica)
if tonumber(ARGV[5]) > 0 then redis.call('ZADD', evidenceKey, ARGV[5], replica) else redis.call('ZREM', evidenceKey, replica) end
if ARGV[6] ~= '' then redis.call('ZADD', successesKey, whole(now - ARGV[6]), replica) else redis.call('ZREM', successesKey, replica) end
for _, key in ipairs({ replicasKey, evidenceKey, successesKey }) do redis.call('PEXPIRE', key, 60000) end
if circuit.epoch > 0 then keepState() end

local function isQuorum()
  local quorum, cap, need = quorumOf(redis.call('ZCARD', replicasKey))
  if redis.call('ZCOUNT', evidenceKey, exact(need - ROUNDING), '+inf') < quorum then return false end
  local sum = cap * redis.call('ZCOUNT', evidenceKey, exact(cap), '+inf')
  local small = redis.call('ZRANGEBYSCORE', evidenceKey, '-inf', '(' .. exact(cap), 'WITHSCORES')
  for i = 2, #small, 2 do sum = sum + tonumber(small[i]) end
  return sum >= 1 - ROUNDING
end

if circuit.state == 'closed' and isQuorum() then
  open(ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]), 0)
end
return view()
