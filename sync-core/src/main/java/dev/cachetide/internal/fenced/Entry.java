package dev.cachetide.internal.fenced;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What stands under a cache key in Redis. The first byte tells the kind; numbers are big-endian.
 *
 * <pre>
 * 'L' token[16] ['W']                                                            a lease, a writer's
 * 'V' flags gen:u32 lsn:u64 seq:u32 xmin:u64 xmax:u64                            a value: 34 bytes,
 *     stamp[16] filledAt:u64 expiresAt:u64 loadMicros:u32 claimedUntil:u64 body  what renewal needs
 * 'D' flags gen:u32 partition:u32 offset:u64 magic[8] writeId[16]                dirty: a write that
 *     filledAt:u64 expiresAt:u64 body                                            Postgres has not yet
 * body: schema:u32 [count:u8 {length:u16 tag stamp[16]}*] payload
 * </pre>
 *
 * <p>Times are milliseconds since the epoch by the filling client's clock; a skewed clock moves a
 * renewal or an expiry, never correctness.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; read once and dropped
public sealed interface Entry {

  /** Somebody is loading. */
  record Lease() implements Entry {}

  /** A value or the knowledge that there is none. */
  record Value(byte[] bytes, Header header, Body body) implements Entry {

    /** What {@code FILL} and {@code CLAIM} know this value by. */
    public byte[] stamp() {
      return Arrays.copyOfRange(bytes, Layout.STAMP, Layout.STAMP + Layout.TOKEN_LENGTH);
    }

    /** How long loading it took. */
    public long loadMicros() {
      return Integer.toUnsignedLong(ByteBuffer.wrap(bytes).getInt(Layout.LOAD_MICROS));
    }
  }

  /** A write that Kafka has accepted and Postgres does not show yet. */
  record Dirty(byte[] bytes, Header header, Body body) implements Entry {

    /** Of the write topic. */
    public int partition() {
      return ByteBuffer.wrap(bytes).getInt(Layout.DIRTY_PARTITION);
    }

    /** Of the write that is shown. */
    public long offset() {
      return ByteBuffer.wrap(bytes).getLong(Layout.DIRTY_PARTITION + Integer.BYTES);
    }
  }

  /**
   * What values and dirty entries have in common.
   *
   * @param generation unsigned
   */
  record Header(int flags, int generation, long filledAt, long expiresAt) {
    /** Whether the entry says that there is no such row. */
    public boolean negative() {
      return (flags & Layout.NEGATIVE) != 0;
    }

    /** Whether the payload is compressed. */
    public boolean compressed() {
      return (flags & Layout.COMPRESSED) != 0;
    }
  }

  /**
   * What the application stored.
   *
   * @param tags stamps by tag's name, as they were before the value was loaded
   * @param offset where in the entry's bytes the payload begins; it goes to the end
   */
  record Body(int schema, Map<String, String> tags, int offset) {}

  /**
   * Reads what Redis returned.
   *
   * @return null when it is absent, foreign or damaged, which are all misses
   */
  static @Nullable Entry parse(byte @Nullable [] bytes) {
    return bytes == null ? null : Layout.parse(bytes);
  }
}
