--[[
  The purges since the one that the asking replica heard of last.

  KEYS[1]  number of the latest purge       KEYS[2]  the log: sealed texts, latest first
  ARGV[1]  number of the last one heard of  ARGV[2]  its text; both '' for who has heard of none and wants none

  Returns  {number of the latest, its text, '1' if nobody can tell what came since, texts since, latest first}
]]
local at = tonumber(redis.call('GET', KEYS[1]) or '0')
local latest = redis.call('LINDEX', KEYS[2], 0) or ''
if ARGV[1] == '' then return { at, latest, '0', {} } end

local missing = at - tonumber(ARGV[1])
-- The last one heard of must still be in its place: a log that was lost and begun anew would be taken for the old one.
local known = ARGV[1] == '0' and redis.call('LLEN', KEYS[2]) == at or redis.call('LINDEX', KEYS[2], missing) == ARGV[2]
if missing < 0 or not known then return { at, latest, '1', {} } end
if missing == 0 then return { at, latest, '0', {} } end
return { at, latest, '0', redis.call('LRANGE', KEYS[2], 0, missing - 1) }
