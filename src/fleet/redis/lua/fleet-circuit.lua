--[[
  Put before every script of the fleet's circuits. What the replicas of a fleet share of one circuit:

    KEYS[1]  state     hash  state: open, half_open or closed; epoch and closedAt and until, us since 1970; openings; reason;
                             successes and evidence of the trial
    KEYS[2]  replicas  zset  replica -> when it reported, us since 1970
    KEYS[3]  evidence  zset  replica -> score, of those that have any
    KEYS[4]  successes zset  replica -> when a call last succeeded there, us since 1970
    KEYS[5]  leases    zset  `<replica> <lease>` -> when it runs out, us since 1970
    KEYS[6]  scout     string: somebody looks, or has just looked
    KEYS[7]  override  hash  mode, reason, by; gone when it ends

  All have one hash tag and a TTL. All time is that of Redis. While few are ill, or few are well, what a script costs hardly grows
  with the number of replicas: they are counted by Redis, not one by one.

  ARGV[1]  replica that asks, a word
  ARGV[2]  channel of changes    ARGV[3]  circuit as it is called there
  ARGV[4]  largest epoch that the replica has seen: the next is larger, even if Redis forgot it and its clock went back

  Every script but `fleet-scout` and `fleet-leave` returns a view:
    {state, epoch, us until probes, openings, reason, replicas, others well, others ill, override's mode, its reason, by whom, ms left}
]]
local REPORT_LASTS_US = 15000000
local WELL_WITHIN_US = 10000000
local LASTING_RECOVERY_US = 120000000
local HOUR_MS = 3600000
-- Of what a service asks for, at most so much at once: then a trial shows whether it is still meant.
local TRIAL_EVERY_MS = 300000
-- What one failure of a service that usually fails 2 % weighs, as a share of what opens (docs/algorithms.md#detection).
local ONE_FAILURE = math.log(0.5 / 0.02) / 10
-- For sums of shares such as a third.
local ROUNDING = 0.000001

local stateKey, replicasKey, evidenceKey, successesKey = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local leasesKey, scoutKey, overrideKey = KEYS[5], KEYS[6], KEYS[7]
local replica = ARGV[1]

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function whole(number)
  return string.format('%.0f', number)
end

local function exact(share)
  return string.format('%.12f', share)
end

local function readCircuit()
  local known = redis.call('HMGET', stateKey, 'state', 'epoch', 'until', 'closedAt', 'openings', 'reason', 'successes', 'evidence')
  local circuit = {
    state = known[1] or 'closed',
    epoch = tonumber(known[2] or 0),
    openUntil = tonumber(known[3] or 0),
    openings = tonumber(known[5] or 0),
    reason = known[6] or '',
    successes = tonumber(known[7] or 0),
    evidence = tonumber(known[8] or 0),
  }
  -- A recovery that has lasted ends the row of openings.
  if circuit.state == 'closed' and now - tonumber(known[4] or 0) >= LASTING_RECOVERY_US then circuit.openings = 0 end
  return circuit
end

local circuit = readCircuit()

local function forget(name)
  for _, key in ipairs({ replicasKey, evidenceKey, successesKey }) do redis.call('ZREM', key, name) end
end

for _, name in ipairs(redis.call('ZRANGEBYSCORE', replicasKey, '-inf', '(' .. whole(now - REPORT_LASTS_US))) do forget(name) end

-- Votes needed, what each counts at most, and the least that is a vote.
local function quorumOf(replicas)
  local quorum = math.max(2, math.ceil(0.3 * replicas))
  return quorum, 1 / quorum, math.min(1 / quorum, ONE_FAILURE)
end

-- While an hour passes without a word, nobody is there who could use it.
local function keepState()
  local openMs = math.max(0, math.ceil((circuit.openUntil - now) / 1000))
  redis.call('PEXPIRE', stateKey, openMs + HOUR_MS)
end

local function tell()
  redis.call('PUBLISH', ARGV[2], replica .. ' ' .. ARGV[3])
end

-- The one door for decisions: each begins an epoch, frees the leases and forgets the scores, but not who saw the service well.
local function begin(state, reason)
  circuit.state = state
  circuit.reason = reason
  circuit.epoch = math.max(now, circuit.epoch + 1, tonumber(ARGV[4]) + 1)
  redis.call('HSET', stateKey, 'state', state, 'epoch', whole(circuit.epoch), 'until', whole(circuit.openUntil),
    'openings', circuit.openings, 'reason', reason, 'successes', 0, 'evidence', 0)
  redis.call('DEL', leasesKey, evidenceKey)
  keepState()
  tell()
end

-- As `openTimeMs` has it (docs/algorithms.md#open-time). Random, of [0, 1), is of the replica that asks.
local function open(reason, openForMs, openForCapMs, random, retryAfterMs)
  local ms = math.min(openForCapMs, openForMs * 2 ^ math.min(circuit.openings, 30)) * (0.5 + random / 2)
  if retryAfterMs > ms then ms = math.max(ms, math.min(TRIAL_EVERY_MS, retryAfterMs * (1 + random / 10))) end
  circuit.openings = circuit.openings + 1
  circuit.openUntil = now + ms * 1000
  begin('open', reason)
end

local function close(reason)
  circuit.openUntil = 0
  begin('closed', reason)
  redis.call('HSET', stateKey, 'closedAt', whole(now))
end

-- How many are ill and saw the service well all the same; those of whom there are fewer are looked at.
local function countBoth(ill, illFrom, well, wellFrom)
  local from, other, least, otherLeast = evidenceKey, successesKey, illFrom, wellFrom
  if well < ill then from, other, least, otherLeast = successesKey, evidenceKey, wellFrom, illFrom end
  local both = 0
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', from, least, '+inf')) do
    local score = redis.call('ZSCORE', other, name)
    if score and tonumber(score) >= tonumber(otherLeast) then both = both + 1 end
  end
  return both
end

local function countOthers(replicas)
  local _, _, need = quorumOf(replicas)
  local illFrom, wellFrom = exact(need - ROUNDING), whole(now - WELL_WITHIN_US)
  local ill = redis.call('ZCOUNT', evidenceKey, illFrom, '+inf')
  local well = redis.call('ZCOUNT', successesKey, wellFrom, '+inf')
  well = well - countBoth(ill, illFrom, well, wellFrom)
  local score, succeededAt = redis.call('ZSCORE', evidenceKey, replica), redis.call('ZSCORE', successesKey, replica)
  if score and tonumber(score) >= tonumber(illFrom) then return well, ill - 1 end
  if succeededAt and tonumber(succeededAt) >= tonumber(wellFrom) then return well - 1, ill end
  return well, ill
end

local function view()
  local replicas = redis.call('ZCARD', replicasKey)
  local well, ill = countOthers(replicas)
  local remaining = circuit.state == 'open' and math.max(0, circuit.openUntil - now) or 0
  local override = redis.call('HMGET', overrideKey, 'mode', 'reason', 'by')
  return { circuit.state, circuit.epoch, math.ceil(remaining), circuit.openings, circuit.reason, replicas, well, ill,
    override[1] or '', override[2] or '', override[3] or '', redis.call('PTTL', overrideKey) }
end
