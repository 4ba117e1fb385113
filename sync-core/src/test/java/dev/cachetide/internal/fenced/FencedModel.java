package dev.cachetide.internal.fenced;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the store's operations promise, in plain Java: one map and the rules of the scripts'
 * headers. It shares no code with the scripts, so the two agree only if both say the same.
 */
final class FencedModel {

  private static final int VALUE_AT_LEAST = 82;
  private static final int DIRTY_AT_LEAST = 62;
  private static final byte[] DIRTY_MAGIC = {(byte) 255, 0, 'd', 'i', 'r', 't', 'y', (byte) 255};
  private static final int CLAIM = 70;
  private static final int EVENT_FLAG = 8;

  private final Map<String, Held> keys = new HashMap<>();

  /**
   * What stands under a key.
   *
   * @param claimed until a time that only the server knows: those bytes are not compared
   * @param life as it was when the key was set; null for a key without end
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by sameAs alone
  record Held(byte[] bytes, boolean claimed, @Nullable Duration life) {

    char kind() {
      return bytes.length == 0 ? ' ' : (char) bytes[0];
    }

    private boolean dirty() {
      return kind() == 'D' && has(18, DIRTY_MAGIC);
    }

    private boolean has(int at, byte[] token) {
      return bytes.length >= at + token.length
          && Arrays.equals(bytes, at, at + token.length, token, 0, token.length);
    }

    private long number(int at) {
      return ByteBuffer.wrap(bytes).getLong(at);
    }

    boolean sameAs(byte @Nullable [] actual) {
      if (actual == null || actual.length != bytes.length || !claimed) {
        return Arrays.equals(bytes, actual);
      }
      byte[] masked = actual.clone();
      System.arraycopy(bytes, CLAIM, masked, CLAIM, Long.BYTES);
      return Arrays.equals(bytes, masked) && ByteBuffer.wrap(actual).getLong(CLAIM) != 0;
    }
  }

  @Nullable Held at(String key) {
    return keys.get(key);
  }

  @Nullable Held lease(String key, byte[] token, Duration life) {
    return keys.putIfAbsent(key, leaseOf(token, false, life));
  }

  boolean force(String key, byte[] token, Duration life) {
    boolean contested = writers(keys.get(key));
    keys.put(key, leaseOf(token, true, life));
    return !contested;
  }

  boolean claim(String key, byte[] seen, byte[] token) {
    Held held = keys.get(key);
    if (held == null || held.kind() != 'V' || !held.has(Layout.STAMP, seen) || held.claimed) {
      return false;
    }
    keys.put(key, new Held(stamped(held, token), true, held.life));
    return true;
  }

  @Nullable Held mark(String key, byte[] token, Duration life) {
    Held held = keys.get(key);
    if (held != null && held.kind() == 'V' && held.bytes.length >= VALUE_AT_LEAST) {
      keys.put(key, new Held(stamped(held, token), held.claimed, held.life));
      return keys.get(key);
    }
    if (held != null && held.dirty() && held.bytes.length >= DIRTY_AT_LEAST) {
      return held;
    }
    keys.put(key, leaseOf(token, writers(held), life));
    return null;
  }

  boolean fill(String key, byte[] token, byte[] entry, Duration ttl) {
    return stands(keys.get(key), token) && set(key, entry, ttl);
  }

  boolean putDirty(String key, byte[] token, byte[] dirty, Duration ttl) {
    Held held = keys.get(key);
    if (held == null || held.kind() != 'D') {
      return stands(held, token) && set(key, dirty, ttl);
    }
    if (!held.dirty() || !held.has(6, Arrays.copyOfRange(dirty, 6, 10))) {
      keys.remove(key);
      return false;
    }
    long offset = ByteBuffer.wrap(dirty).getLong(10);
    return Long.compareUnsigned(held.number(10), offset) < 0 && set(key, dirty, ttl);
  }

  long refresh(String key, byte[] entry, Duration ttl, long xid, Spared spared) {
    Held held = keys.get(key);
    if (held == null || held.bytes.length == 0 || (held.dirty() && spared.equals(Spared.PENDING))) {
      return 0;
    }
    if (held.kind() != 'V'
        || held.bytes.length < Layout.STAMP
        || !held.has(2, Arrays.copyOfRange(entry, 2, 6))) {
      return -evict(key);
    }
    if ((held.bytes[1] & EVENT_FLAG) != 0) {
      return older(held, entry) ? replace(key, held, entry, ttl) : 0;
    }
    if (xid != 0 && Long.compareUnsigned(xid, held.number(18)) < 0) {
      return 0;
    }
    boolean newer = xid != 0 && Long.compareUnsigned(xid, held.number(26)) >= 0;
    return newer ? replace(key, held, entry, ttl) : -evict(key);
  }

  /** With the tags of what it replaces; what is damaged there leaves. */
  private long replace(String key, Held held, byte[] entry, Duration ttl) {
    if ((held.bytes[1] & Layout.TAGGED) == 0) {
      set(key, entry, ttl);
      return 1;
    }
    Entry parsed = Entry.parse(held.bytes);
    if (!(parsed instanceof Entry.Value value)) {
      return -evict(key);
    }
    int kept = value.body().offset() - VALUE_AT_LEAST;
    byte[] tagged = Arrays.copyOf(entry, entry.length + kept);
    tagged[1] |= Layout.TAGGED;
    System.arraycopy(held.bytes, VALUE_AT_LEAST, tagged, VALUE_AT_LEAST, kept);
    System.arraycopy(
        entry, VALUE_AT_LEAST, tagged, VALUE_AT_LEAST + kept, entry.length - VALUE_AT_LEAST);
    set(key, tagged, ttl);
    return 1;
  }

  private static boolean older(Held held, byte[] entry) {
    ByteBuffer now = ByteBuffer.wrap(entry);
    int byLsn = Long.compareUnsigned(held.number(6), now.getLong(6));
    return byLsn < 0
        || (byLsn == 0
            && Integer.compareUnsigned(ByteBuffer.wrap(held.bytes).getInt(14), now.getInt(14)) < 0);
  }

  /** 1 when there was one. */
  long evict(String key) {
    return keys.remove(key) == null ? 0 : 1;
  }

  /** 1 when there was one that is not spared. */
  long evict(String key, Spared spared) {
    Held held = keys.get(key);
    if (held == null || !held.dirty()) {
      return evict(key);
    }
    boolean later =
        spared instanceof Spared.After echo
            && echo.partition() == ByteBuffer.wrap(held.bytes).getInt(6)
            && Long.compareUnsigned(held.number(10), echo.offset()) > 0;
    return later || spared.equals(Spared.PENDING) ? 0 : evict(key);
  }

  void foreign(String key, byte[] bytes) {
    keys.put(key, new Held(bytes, false, null));
  }

  /** A claim's time is over. */
  void release(String key) {
    Held held = keys.get(key);
    if (held != null && held.claimed) {
      keys.put(key, new Held(held.bytes, false, held.life));
    }
  }

  private boolean set(String key, byte[] entry, Duration ttl) {
    keys.put(key, new Held(entry, false, ttl));
    return true;
  }

  private static boolean stands(@Nullable Held held, byte[] token) {
    return held != null
        && ((held.kind() == 'L' && held.has(1, token))
            || (held.kind() == 'V' && held.has(Layout.STAMP, token)));
  }

  private static boolean writers(@Nullable Held held) {
    return held != null && held.kind() == 'L' && held.bytes.length == 18 && held.bytes[17] == 'W';
  }

  private static byte[] stamped(Held held, byte[] token) {
    byte[] bytes = held.bytes.clone();
    System.arraycopy(token, 0, bytes, Layout.STAMP, token.length);
    return bytes;
  }

  private static Held leaseOf(byte[] token, boolean writer, Duration life) {
    ByteBuffer lease = ByteBuffer.allocate(writer ? 18 : 17).put((byte) 'L').put(token);
    if (writer) {
      lease.put((byte) 'W');
    }
    return new Held(lease.array(), false, life);
  }
}
