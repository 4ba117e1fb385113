-- EVICT: removes what stands under a key, unless it is a write that Postgres has not yet.
-- KEYS[1] the cache key
-- ARGV[1] to ARGV[3] the partition and the upper and lower 32 bits of the offset, decimal, of the write
-- whose echo this is; nothing when somebody else made the change
-- Returns 1 when something was removed, 0 when not.
-- Keeps: of a row's writes in their partition an echo removes those that are applied, however late or
-- often it comes, and spares the one that is still to come; its own echo removes that. Somebody else's
-- change spares any: the write will be applied on top of it. Where there is no order to tell by, the
-- key leaves, and so does whatever is no dirty entry, of any type. Offsets are compared as two halves:
-- a double has 53 bits.
local held = redis.pcall('GETRANGE', KEYS[1], 0, 25)
if type(held) == 'string' and string.sub(held, 1, 1) == 'D' and string.sub(held, 19) == '\255\0dirty\255' then
  if #ARGV == 0 then
    return 0
  end
  local partition, high, low = struct.unpack('>I4I4I4', string.sub(held, 7, 18))
  local itsPartition, itsHigh, itsLow = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
  if partition == itsPartition and (high > itsHigh or (high == itsHigh and low > itsLow)) then
    return 0
  end
end
return redis.call('UNLINK', KEYS[1])
