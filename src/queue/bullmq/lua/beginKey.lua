--[[
  Uses an Idempotency-Key: of two equal requests at once, one is the first.

  KEYS[1]  hash: fingerprint, leaseUntil, keepUntil, claim, answer   KEYS[2]  what is kept
  ARGV[1]  fingerprint        ARGV[2]  leaseUntil, ms
  ARGV[3]  keepUntil, ms      ARGV[4]  now, ms
  ARGV[5]  claim: tells this use from any other
  ARGV[6]  hour               ARGV[7]  answers remembered at most

  Returns  {'first'}, {'running'}, {'reused'}, {'interrupted'}, {'full'} or {'answered', answer}
]]
local known = redis.call('HMGET', KEYS[1], 'fingerprint', 'leaseUntil', 'keepUntil', 'answer')
local now = tonumber(ARGV[4])
if not known[1] or tonumber(known[3]) <= now then
  if sumKept(KEYS[2], 'a', tonumber(ARGV[6])) >= tonumber(ARGV[7]) then return { 'full' } end
  -- The first write is one that a Redis without memory refuses: behind any other it would be let through.
  redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'leaseUntil', ARGV[2], 'keepUntil', ARGV[3], 'claim', ARGV[5])
  redis.call('HDEL', KEYS[1], 'answer')
  redis.call('PEXPIRE', KEYS[1], math.max(tonumber(ARGV[3]) - now, 1))
  return { 'first' }
end
if known[1] ~= ARGV[1] then return { 'reused' } end
if known[4] then return { 'answered', known[4] } end
if tonumber(known[2]) <= now then return { 'interrupted' } end
return { 'running' }
