--[[
  Ends the override early.

  Returns  the view
]]
redis.call('DEL', overrideKey)
tell()
return view()
