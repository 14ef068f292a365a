--[[
  Decides about a job that BullMQ has just handed out, under the lock that came with it.

  KEYS[1]  base
  ARGV[1]  job id             ARGV[2]  token of the lock
  ARGV[3]  now, ms            ARGV[4]  the latest version of jobs that the asking release knows

  Returns  {'run', begun before and never ended: '1' or '0', then meta, since, dueAt, expiresAt, attempts, reason}
           {'blocked', ms until it looks again}   it is not its turn
           {'newer'}                              it is of a later release, and is left to one
           {'expired'}                            nobody wants it any more
           {'unaccepted'}                         its acceptance never came
           {'lost'}                               the lock is gone
]]
local id = ARGV[1]
local job = base .. id
local now = tonumber(ARGV[3])
if redis.call('GET', job .. ':lock') ~= ARGV[2] then return { 'lost' } end
if redis.call('HEXISTS', job, 'number') == 0 then return { 'unaccepted' } end
if tonumber(redis.call('HGET', job, 'version')) > tonumber(ARGV[4]) then return { 'newer' } end
if tonumber(redis.call('HGET', job, 'expiresAt')) <= now then return { 'expired' } end

local line = lineOf(id)
if line then
  -- A replayed job is the earliest again, but a later one may be under way meanwhile.
  local current = redis.call('GET', line .. ':now')
  local isBusy = current and current ~= id and redis.call('EXISTS', base .. current .. ':lock') == 1
  if isBusy or firstOf(line) ~= id then
    redis.call('HSET', job, 'parked', 1)
    return { 'blocked', patienceMs(line, id) }
  end
  redis.call('SET', line .. ':now', id, 'PX', 86400000)
end

local begun = redis.call('HGET', job, 'begun') or '0'
redis.call('HSET', job, 'begun', '1', 'begunBefore', begun, 'since', now)
redis.call('HDEL', job, 'parked', 'ending')
redis.call('ZREM', base .. 'uncertain', id)
return { 'run', begun, unpack(redis.call('HMGET', job, 'meta', 'since', 'dueAt', 'expiresAt', 'attempts', 'reason')) }
