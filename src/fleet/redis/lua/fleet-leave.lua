--[[
  Takes a replica's evidence and leases back.

  Returns  nothing
]]
forget(replica)
local mine = replica .. ' '
for _, lease in ipairs(redis.call('ZRANGE', leasesKey, 0, -1)) do
  if string.sub(lease, 1, #mine) == mine then redis.call('ZREM', leasesKey, lease) end
end
