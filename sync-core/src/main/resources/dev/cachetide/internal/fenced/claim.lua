-- CLAIM: makes a value's renewal the caller's, while readers go on getting the value.
-- KEYS[1] the cache key
-- ARGV[1] the stamp that was seen, 16 bytes   ARGV[2] the new stamp, 16 bytes
-- ARGV[3] how long the claim holds others off, in milliseconds
-- Returns 1 when claimed, 0 when the value is gone or changed, or somebody else is renewing it.
-- Keeps: the new stamp is what FILL asks for, and it leaves with the value when that is evicted.
if redis.call('GETRANGE', KEYS[1], 0, 0) ~= 'V' or redis.call('GETRANGE', KEYS[1], 34, 49) ~= ARGV[1] then
  return 0
end
-- milliseconds since the epoch stay below 2^53, so a double holds them exactly
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local high, low = struct.unpack('>I4I4', redis.call('GETRANGE', KEYS[1], 70, 77))
if now < high * 4294967296 + low then
  return 0
end
local free = now + tonumber(ARGV[3])
redis.call('SETRANGE', KEYS[1], 34, ARGV[2])
redis.call('SETRANGE', KEYS[1], 70, struct.pack('>I4I4', math.floor(free / 4294967296), free % 4294967296))
return 1
