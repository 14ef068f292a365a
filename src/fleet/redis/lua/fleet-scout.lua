--[[
  Asks for the right to look whether the service is back, out of turn.

  ARGV[5]  epoch              ARGV[6]  to how many ms one look is granted

  Returns  1 if granted, else 0
]]
if circuit.state ~= 'open' or circuit.epoch ~= tonumber(ARGV[5]) then return 0 end
return redis.call('SET', scoutKey, replica, 'NX', 'PX', math.max(1, math.ceil(ARGV[6]))) and 1 or 0
