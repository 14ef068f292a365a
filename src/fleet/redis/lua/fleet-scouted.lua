--[[
  A look has found the service well: what is left of the open time is dropped.

  ARGV[5]  epoch

  Returns  the view
]]
if circuit.state == 'open' and circuit.epoch == tonumber(ARGV[5]) and circuit.openUntil > now then
  circuit.openUntil = now
  redis.call('HSET', stateKey, 'until', whole(now))
  keepState()
  tell()
end
return view()
