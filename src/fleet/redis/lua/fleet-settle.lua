--[[
  What a probe showed. Of another epoch, or of a lease that has run out, it changes nothing.

  ARGV[5]  lease              ARGV[6]  epoch
  ARGV[7]  kind: success, failure or ignored
  ARGV[8]  failure ratio of the service when it is well
  ARGV[9]  retryAfterMs, or 0 ARGV[10] openForMs
  ARGV[11] openForCapMs       ARGV[12] random, of [0, 1)

  Returns  the view
]]
-- Wald's test (docs/algorithms.md#recovery-test), as in `sprt.ts`: is the service as usual again, at an error rate of 5 %?
local RECOVERED_AT = math.log(0.05 / 0.95)
local DOWN_RATIO = 0.5

local function heldLease()
  local lease = replica .. ' ' .. ARGV[5]
  local runsOutAt = redis.call('ZSCORE', leasesKey, lease)
  redis.call('ZREM', leasesKey, lease)
  return runsOutAt and tonumber(runsOutAt) > now
end

local function countSuccess()
  circuit.successes = circuit.successes + 1
  circuit.evidence = circuit.evidence + math.log((1 - DOWN_RATIO) / (1 - ARGV[8]))
  if circuit.evidence <= RECOVERED_AT then return close(circuit.reason) end
  redis.call('HSET', stateKey, 'successes', circuit.successes, 'evidence', string.format('%.9f', circuit.evidence))
  keepState()
end

if circuit.state == 'half_open' and tonumber(ARGV[6]) == circuit.epoch and heldLease() then
  if ARGV[7] == 'success' then countSuccess() end
  if ARGV[7] == 'failure' then open('probe_failed', tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12]), tonumber(ARGV[9])) end
end
return view()
