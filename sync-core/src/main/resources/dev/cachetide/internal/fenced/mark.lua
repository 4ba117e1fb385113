-- MARK: announces a write, before it is made, without hiding what is cached.
-- KEYS[1] the cache key
-- ARGV[1] token, 16 bytes   ARGV[2] a lease's life in milliseconds
-- Returns the entry that stands there now, or nothing when it was a lease, foreign or absent.
-- Keeps: whatever is evicted or marked after this call takes the token away, and with it the right
-- to PUT or FILL. A dirty entry keeps its own order by offset and is left as it is. A writer's lease
-- stays a writer's, so that of two writers with this call between them still none fills. What is too
-- short for its kind (82 and 62 bytes at least), or has not a dirty entry's bytes 18 to 25, is foreign.
local kind = redis.call('GETRANGE', KEYS[1], 0, 0)
local length = redis.call('STRLEN', KEYS[1])
if kind == 'V' and length >= 82 then
  redis.call('SETRANGE', KEYS[1], 34, ARGV[1])
elseif kind ~= 'D' or length < 62 or redis.call('GETRANGE', KEYS[1], 18, 25) ~= '\255\0dirty\255' then
  local writer = ''
  if kind == 'L' and redis.call('GETRANGE', KEYS[1], 17, -1) == 'W' then
    writer = 'W'
  end
  redis.call('SET', KEYS[1], 'L' .. ARGV[1] .. writer, 'PX', ARGV[2])
  return false
end
return redis.call('GET', KEYS[1])
