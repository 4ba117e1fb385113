-- REFRESH: replaces a cached value by the image of a change event, in place only.
-- KEYS[1] the cache key
-- ARGV[1] the whole new entry, without tags   ARGV[2] its life in milliseconds   ARGV[3] the writer's
-- xid, 8 bytes, zero when it is not known   ARGV[4] 'S' when a dirty entry is spared
-- Returns 1 when replaced, 0 when there was nothing to do, -1 when evicted.
-- Keeps: never creates an entry from an image; of two event values the one with the greater position
-- (LSN, then sequence) stays; a value that a reader filled is replaced only when the reader's snapshot
-- cannot have seen the change, and left only when it must have; in doubt the key leaves. The tags of what
-- is replaced stay, with the stamps that they had when it was loaded, so that a tag which was evicted
-- since still makes it a miss. A dirty entry is left to its echo, which is never an image, or leaves.
-- Numbers of 64 bits are compared as two of 32.
local function unsigned(text, from)
  return struct.unpack('>I4I4', string.sub(text, from, from + 7))
end
local function compare(a1, a2, b1, b2)
  if a1 ~= b1 then
    return a1 < b1 and -1 or 1
  end
  if a2 ~= b2 then
    return a2 < b2 and -1 or 1
  end
  return 0
end
local function evict()
  redis.call('UNLINK', KEYS[1])
  return -1
end
-- bytes 82 on: a count, and for each tag the length of its name, the name and 16 bytes of stamp; nothing
-- when it is damaged
local function tags()
  local old = redis.call('GET', KEYS[1])
  local at = 84
  for _ = 1, string.byte(old, 83) or 0 do
    local size = string.sub(old, at, at + 1)
    if #size ~= 2 then
      return nil
    end
    at = at + 2 + struct.unpack('>I2', size) + 16
  end
  local kept = string.sub(old, 83, at - 1)
  return #kept == at - 83 and kept or nil
end
local function replace(flags)
  local entry = ARGV[1]
  -- flag 4: tags are listed
  if math.floor(flags / 4) % 2 == 1 then
    local kept = tags()
    if not kept then
      return evict()
    end
    entry = string.sub(entry, 1, 1) .. string.char(string.byte(entry, 2) + 4) .. string.sub(entry, 3, 82) .. kept .. string.sub(entry, 83)
  end
  redis.call('SET', KEYS[1], entry, 'PX', ARGV[2])
  return 1
end
local head = redis.call('GETRANGE', KEYS[1], 0, 33)
local kind = string.sub(head, 1, 1)
if head == '' then
  return 0
end
if kind == 'D' and ARGV[4] == 'S' and string.sub(head, 19, 26) == '\255\0dirty\255' then
  return 0
end
if kind ~= 'V' or #head < 34 or string.sub(head, 3, 6) ~= string.sub(ARGV[1], 3, 6) then
  return evict()
end
local flags = string.byte(head, 2)
-- flag 8: written by an event
if math.floor(flags / 8) % 2 == 1 then
  local h, l = unsigned(head, 7)
  local newH, newL = unsigned(ARGV[1], 7)
  local order = compare(h, l, newH, newL)
  if order == 0 then
    order = compare(0, struct.unpack('>I4', string.sub(head, 15, 18)), 0, struct.unpack('>I4', string.sub(ARGV[1], 15, 18)))
  end
  if order < 0 then
    return replace(flags)
  end
  return 0
end
local xidH, xidL = unsigned(ARGV[3], 1)
if xidH == 0 and xidL == 0 then
  return evict()
end
local xminH, xminL = unsigned(head, 19)
local xmaxH, xmaxL = unsigned(head, 27)
if compare(xidH, xidL, xminH, xminL) < 0 then
  return 0
end
if compare(xidH, xidL, xmaxH, xmaxL) >= 0 then
  return replace(flags)
end
return evict()
