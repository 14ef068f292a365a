--[[
  Tells what is known about jobs, never their payloads.

  KEYS[1]  base
  ARGV[1]  states wanted, such as ',failed,uncertain,'; '' for all
  ARGV[2..]  job ids

  Returns  for each accepted job in such a state
           {id, state, meta, since, dueAt, expiresAt, attempts, reason, result}; false for what it does not have.
]]
local rows = {}
for index = 2, #ARGV do
  local id = ARGV[index]
  local job = base .. id
  if redis.call('HEXISTS', job, 'number') == 1 then
    local state = stateOf(id)
    if ARGV[1] == '' or string.find(ARGV[1], ',' .. state .. ',', 1, true) then
      local row = redis.call('HMGET', job, 'meta', 'since', 'dueAt', 'expiresAt', 'attempts', 'reason', 'result')
      table.insert(row, 1, state)
      table.insert(row, 1, id)
      table.insert(rows, row)
    end
  end
end
return rows
