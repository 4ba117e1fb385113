-- MIRROR: puts a row's image under its key, or takes the key away, in the order of the database.
-- KEYS[1] the key   KEYS[2] its position   KEYS[3] the lease of a warm-up; all of one slot
-- ARGV[1] the change's position, 12 bytes: LSN and sequence   ARGV[2] 'S' a string, 'H' a hash, 'D' gone
-- ARGV[3] life of the value, ARGV[4] of the position, in milliseconds
-- ARGV[5] the value; of a hash field, value, field, value ...
-- Returns 1 when put, -1 when taken away, 0 when this change or a later one has been here.
-- Keeps: an older image never takes the place of a newer one nor brings a deleted row back, because a
-- deletion leaves its position behind and a position outlives its value. Whoever loads the row for a
-- warm-up meanwhile has lost the lease. Positions are compared as three numbers of 32 bits: a double has
-- 53, and strings compare by the server's locale.
local held = redis.call('GET', KEYS[2])
if held and #held == 12 then
  local h1, h2, h3 = struct.unpack('>I4I4I4', held)
  local n1, n2, n3 = struct.unpack('>I4I4I4', ARGV[1])
  if h1 > n1 or (h1 == n1 and (h2 > n2 or (h2 == n2 and h3 >= n3))) then
    return 0
  end
end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[4])
redis.call('UNLINK', KEYS[1], KEYS[3])
if ARGV[2] == 'D' then
  return -1
end
if ARGV[2] == 'S' then
  redis.call('SET', KEYS[1], ARGV[5], 'PX', ARGV[3])
else
  for i = 5, #ARGV, 2 do
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 1
