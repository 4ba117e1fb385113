-- RELEASE: gives a claim back that came to nothing, so that the next reader need not wait for it.
-- KEYS[1] the cache key
-- ARGV[1] the stamp that CLAIM set, 16 bytes
-- Returns 1 when given back, 0 when the value is gone or has changed.
-- Keeps: value and stamp stay as they are; only the time until which others hold off is cleared.
if redis.call('GETRANGE', KEYS[1], 0, 0) ~= 'V' or redis.call('GETRANGE', KEYS[1], 34, 49) ~= ARGV[1] then
  return 0
end
redis.call('SETRANGE', KEYS[1], 70, string.rep('\0', 8))
return 1
