-- FILL: stores a loaded value if the entry still stands under the loader's token.
-- KEYS[1] the cache key
-- ARGV[1] token, 16 bytes   ARGV[2] the whole new entry   ARGV[3] its life in milliseconds
-- Returns 1 when stored, 0 when refused.
-- Keeps: an eviction between taking the token and this call removed it, so a value that was loaded
-- before the eviction is never stored after it. The token is a lease's, or the stamp of a value that
-- its owner has claimed for renewal or marked before a write.
local kind = redis.call('GETRANGE', KEYS[1], 0, 0)
local held
if kind == 'L' then
  held = redis.call('GETRANGE', KEYS[1], 1, 16)
elseif kind == 'V' then
  held = redis.call('GETRANGE', KEYS[1], 34, 49)
end
if held ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
