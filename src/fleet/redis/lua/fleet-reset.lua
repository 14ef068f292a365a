--[[
  Closed by a person's word: no override, no openings, nothing remembered against the service. It begins an epoch even where
  nothing was open.

  Returns  the view
]]
redis.call('DEL', overrideKey)
circuit.openings = 0
close('reset')
return view()
