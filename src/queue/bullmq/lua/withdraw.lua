--[[
  Takes an admission back whose answer was not waited for: nothing was begun by it. The lock is left to run out.

  KEYS[1]  base
  ARGV[1]  job id             ARGV[2]  token of the lock

  Returns  1; 0 if the job is in other hands, or had been begun before.
]]
local job = base .. ARGV[1]
if redis.call('GET', job .. ':lock') ~= ARGV[2] then return 0 end
if redis.call('HGET', job, 'begunBefore') ~= '0' then return 0 end
return redis.call('HDEL', job, 'begun')
