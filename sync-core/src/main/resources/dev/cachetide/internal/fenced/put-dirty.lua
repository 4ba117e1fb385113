-- PUT: shows an accepted write before Postgres has it.
-- KEYS[1] the cache key
-- ARGV[1] the token of MARK, 16 bytes   ARGV[2] the whole dirty entry   ARGV[3] its life in milliseconds
-- Returns 1 when shown, 0 when it will only appear once it is applied.
-- Keeps: a later write of the same row is never covered by an earlier one, and a write whose echo has
-- been here already (it took the token away) is never shown again. Partition and offset are in the
-- entry: bytes 6 to 9 and 10 to 17, and then what no other value has there. Offsets are compared as two 32-bit halves: a double has 53 bits,
-- and strings compare by the server's locale.
local kind = redis.call('GETRANGE', KEYS[1], 0, 0)
local allowed = false
if kind == 'L' then
  allowed = redis.call('GETRANGE', KEYS[1], 1, 16) == ARGV[1]
elseif kind == 'V' then
  allowed = redis.call('GETRANGE', KEYS[1], 34, 49) == ARGV[1]
elseif kind == 'D' then
  local held = redis.call('GETRANGE', KEYS[1], 6, 25)
  if string.sub(held, 13) ~= '\255\0dirty\255' or string.sub(held, 1, 4) ~= string.sub(ARGV[2], 7, 10) then
    -- another partition means that the topic's partitions were changed: no order to tell by; and
    -- the rest is foreign
    redis.call('UNLINK', KEYS[1])
    return 0
  end
  local high, low = struct.unpack('>I4I4', string.sub(held, 5, 12))
  local newHigh, newLow = struct.unpack('>I4I4', string.sub(ARGV[2], 11, 18))
  allowed = high < newHigh or (high == newHigh and low < newLow)
end
if not allowed then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
