--[[
  A job has ended: the next of its entity has its turn.

  KEYS[1]  base
  ARGV[1]  job id

  Returns  1 if another job was waiting for that, else 0.
]]
return leave(ARGV[1])
