--[[
  Asks, and changes nothing.

  Returns  the view
]]
return view()
