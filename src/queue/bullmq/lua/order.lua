--[[
  Put before every script of the queue. One queue of BullMQ is one service; on top of BullMQ's own keys stand ours:

    <base>sequence          counter: numbers jobs in the order of their acceptance
    <base>accepted          zset  job id -> its number: every accepted job that is still kept
    <base>open              zset  job id -> acceptedAt, ms: those that have not ended
    <base>uncertain         zset  job id -> since, ms: those of BullMQ's failed set that a person settles
    <base>cancelled         zset  job id -> since, ms: those of BullMQ's completed set that were never made
    <base>line:<entity>     zset  job id -> its number: open jobs of one entity; only the first may run
    <base>line:<entity>:now string: the job of the entity that was begun last
    <base><job id>          BullMQ's hash of the job, with fields of ours: number, version, meta, entity, since, dueAt, expiresAt,
                            attempts, reason, ending, result, begun (an execution has not ended), begunBefore, parked (waits for its turn)

  A job's number is its priority in BullMQ, too: so jobs are offered in the order of acceptance, whatever they have been through.

  KEYS[1]  base, `<prefix>:<service>:`. All keys are made of it; its hash tag keeps them in one slot of a cluster.
]]
local base = KEYS[1]

local function hasEnded(id)
  return redis.call('EXISTS', base .. id) == 0
    or redis.call('ZSCORE', base .. 'completed', id) ~= false
    or redis.call('ZSCORE', base .. 'failed', id) ~= false
end

local function lineOf(id)
  local entity = redis.call('HGET', base .. id, 'entity')
  return entity and base .. 'line:' .. entity
end

-- An ended job may still stand in line, if the process that ended it died before it could say so: it is passed over.
local function firstOf(line)
  while true do
    local id = redis.call('ZRANGE', line, 0, 0)[1]
    if not id or not hasEnded(id) then return id end
    redis.call('ZREM', line, id)
  end
end

local function offer(id)
  local job = base .. id
  redis.call('HDEL', job, 'parked')
  redis.call('HSET', job, 'delay', 0)
  redis.call('ZADD', base .. 'prioritized', redis.call('HGET', job, 'number') * 0x100000000, id)
end

-- How long a job waits for its turn before it looks by itself: the second in line soon, those far behind seldom.
local function patienceMs(line, id)
  return math.min(2000 * math.max(redis.call('ZRANK', line, id) or 1, 1), 60000)
end

-- BullMQ keeps a due time as ms * 4096.
local function park(line, id, now)
  redis.call('HSET', base .. id, 'parked', 1)
  redis.call('ZADD', base .. 'delayed', (now + patienceMs(line, id)) * 0x1000, id)
end

local function enter(id, now)
  local number = redis.call('HGET', base .. id, 'number')
  redis.call('ZADD', base .. 'open', redis.call('HGET', base .. id, 'acceptedAt'), id)
  local line = lineOf(id)
  if line then
    redis.call('ZADD', line, number, id)
    if firstOf(line) ~= id then return park(line, id, now) end
  end
  offer(id)
end

-- Returns 1 if the next of its entity has its turn now, else 0.
local function leave(id)
  redis.call('ZREM', base .. 'open', id)
  local line = lineOf(id)
  if not line then return 0 end
  redis.call('ZREM', line, id)
  local first = firstOf(line)
  if not first or redis.call('HEXISTS', base .. first, 'parked') == 0 then return 0 end
  if redis.call('ZREM', base .. 'delayed', first) == 0 then return 0 end
  offer(first)
  return 1
end

local function stateOf(id)
  local ending = redis.call('HGET', base .. id, 'ending')
  if redis.call('ZSCORE', base .. 'completed', id) then return ending == 'cancelled' and 'cancelled' or 'succeeded' end
  if redis.call('ZSCORE', base .. 'failed', id) then return ending == 'uncertain' and 'uncertain' or 'failed' end
  if redis.call('LPOS', base .. 'active', id) then return 'running' end
  return 'queued'
end
