-- FORCE: takes the lease of a key for a writer, whatever stands there.
-- KEYS[1] the cache key
-- ARGV[1] token, 16 bytes   ARGV[2] the lease's life in milliseconds
-- Returns 1 when the caller may fill, 0 when another writer is at work: then neither may.
-- Keeps: of two writers that overlap none fills, since the order in which they take leases need not
-- be the order in which they commit. A writer's lease has 18 bytes, the last being 'W'.
local contested = redis.call('GETRANGE', KEYS[1], 0, 0) == 'L' and redis.call('GETRANGE', KEYS[1], 17, -1) == 'W'
redis.call('SET', KEYS[1], 'L' .. ARGV[1] .. 'W', 'PX', ARGV[2])
if contested then
  return 0
end
return 1
