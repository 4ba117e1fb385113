-- WARM: puts a row that was loaded under its mirrored key, if no change of it came in between.
-- KEYS[1] the key   KEYS[2] the lease that was taken before loading; of one slot
-- ARGV[1] the lease's token, 16 bytes   ARGV[2] 'S' a string, 'H' a hash   ARGV[3] life in milliseconds
-- ARGV[4] the value; of a hash field, value, field, value ...
-- Returns 1 when put, 0 when refused.
-- Keeps: a row that was loaded before a change was applied is never put after it: applying takes the
-- lease away, and so does removing keys by their pattern. The position stays what it is, so that changes
-- which are still to come are applied, whether or not the loaded row has them already.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
redis.call('UNLINK', KEYS[1], KEYS[2])
if ARGV[2] == 'S' then
  redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[3])
else
  for i = 4, #ARGV, 2 do
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 1
