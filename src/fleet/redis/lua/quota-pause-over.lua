--[[
  The service does not want to be left alone any more, or a person says so: all shall know.

  KEYS[1]  hash of the last refusal in a class of limits
  ARGV[1]  channel to publish it on   ARGV[2]  what comes before the news in the message: whose limits, as the beginning of a JSON object

  The news are numbered as refusals are; a replica that does not know them takes them for a refusal of long ago.
]]
local time = redis.call('TIME')
redis.call('DEL', KEYS[1])
local news = '%s,"number":%.0f,"pauseMs":0,"agoMs":86400000,"isOver":true}'
redis.call('PUBLISH', ARGV[1], string.format(news, ARGV[2], time[1] * 1000000 + time[2]))
