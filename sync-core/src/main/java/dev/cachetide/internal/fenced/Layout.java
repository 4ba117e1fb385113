package dev.cachetide.internal.fenced;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.cachetide.internal.fenced.Entry.Body;
import dev.cachetide.internal.fenced.Entry.Header;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where each field of an entry is; the scripts know the same numbers. Pure. */
final class Layout {

  static final int TOKEN_LENGTH = 16;
  static final int STAMP = 34;
  static final int LOAD_MICROS = 66;
  static final int DIRTY_PARTITION = 6;

  /** The flags' bits. */
  static final int COMPRESSED = 1;

  static final int NEGATIVE = 2;
  static final int TAGGED = 4;
  static final int EVENT = 8;

  private static final int GENERATION = 2;
  private static final int VALUE_TIMES = 50;
  private static final int VALUE_BODY = 78;
  private static final int DIRTY_MAGIC = 18;
  private static final int DIRTY_TIMES = 42;
  private static final int DIRTY_BODY = 58;
  private static final int SCHEMA_LENGTH = 4;

  /**
   * What no application's value has where a dirty entry has it: an eviction spares dirty entries,
   * so it must not take anything else for one. A byte of all ones is in no UTF-8 text.
   */
  private static final byte[] MAGIC = {-1, 0, 'd', 'i', 'r', 't', 'y', -1};

  private Layout() {}

  static @Nullable Entry parse(byte[] bytes) {
    if (bytes.length == 0) {
      return null;
    }
    return switch (bytes[0]) {
      case 'L' -> lease(bytes) ? new Entry.Lease() : null;
      case 'V' -> value(bytes);
      case 'D' -> dirty(bytes);
      default -> null;
    };
  }

  /** Longer ones are somebody else's text: no load ends them, so nobody should wait for one. */
  private static boolean lease(byte[] bytes) {
    return bytes.length == 1 + TOKEN_LENGTH
        || (bytes.length == 2 + TOKEN_LENGTH && bytes[1 + TOKEN_LENGTH] == 'W');
  }

  private static @Nullable Entry value(byte[] bytes) {
    Body body = body(bytes, VALUE_BODY);
    return body == null ? null : new Entry.Value(bytes, header(bytes, VALUE_TIMES), body);
  }

  private static @Nullable Entry dirty(byte[] bytes) {
    boolean ours =
        bytes.length >= DIRTY_MAGIC + MAGIC.length
            && Arrays.equals(
                bytes, DIRTY_MAGIC, DIRTY_MAGIC + MAGIC.length, MAGIC, 0, MAGIC.length);
    Body body = ours ? body(bytes, DIRTY_BODY) : null;
    return body == null ? null : new Entry.Dirty(bytes, header(bytes, DIRTY_TIMES), body);
  }

  private static Header header(byte[] bytes, int times) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new Header(
        bytes[1], buffer.getInt(GENERATION), buffer.getLong(times), buffer.getLong(times + 8));
  }

  private static @Nullable Body body(byte[] bytes, int at) {
    if (bytes.length < at + SCHEMA_LENGTH) {
      return null;
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes, at, bytes.length - at);
    int schema = buffer.getInt();
    if ((bytes[1] & TAGGED) == 0) {
      return new Body(schema, Map.of(), buffer.position());
    }
    Map<String, String> tags = tags(buffer);
    return tags == null ? null : new Body(schema, tags, buffer.position());
  }

  private static @Nullable Map<String, String> tags(ByteBuffer buffer) {
    if (!buffer.hasRemaining()) {
      return null;
    }
    Map<String, String> tags = new LinkedHashMap<>();
    for (int left = Byte.toUnsignedInt(buffer.get()); left > 0; left--) {
      if (buffer.remaining() < 2) {
        return null;
      }
      int length = Short.toUnsignedInt(buffer.getShort());
      if (buffer.remaining() < length + TOKEN_LENGTH) {
        return null;
      }
      byte[] name = new byte[length];
      byte[] stamp = new byte[TOKEN_LENGTH];
      buffer.get(name).get(stamp);
      tags.put(new String(name, UTF_8), new String(stamp, US_ASCII));
    }
    return tags;
  }

  /** A value's bytes. */
  static byte[] value(Content content, Origin origin, byte[] stamp) {
    byte[] bytes = new byte[VALUE_BODY + bodyLength(content)];
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    buffer.put((byte) 'V').put((byte) (flags(content) | (origin.event() ? EVENT : 0)));
    buffer.putInt(content.generation()).putLong(origin.lsn()).putInt(origin.sequence());
    buffer.putLong(origin.xmin()).putLong(origin.xmax()).put(stamp);
    buffer.putLong(content.filledAt()).putLong(content.expiresAt());
    buffer.putInt((int) Math.min(0xFFFF_FFFFL, origin.loadMicros())).putLong(0);
    body(buffer, content);
    return bytes;
  }

  /** A dirty entry's bytes. */
  static byte[] dirty(Content content, int partition, long offset, byte[] writeId) {
    byte[] bytes = new byte[DIRTY_BODY + bodyLength(content)];
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    buffer.put((byte) 'D').put((byte) flags(content)).putInt(content.generation());
    buffer.putInt(partition).putLong(offset).put(MAGIC).put(writeId);
    buffer.putLong(content.filledAt()).putLong(content.expiresAt());
    body(buffer, content);
    return bytes;
  }

  private static int flags(Content content) {
    return (content.compressed() ? COMPRESSED : 0)
        | (content.payload() == null ? NEGATIVE : 0)
        | (content.tags().isEmpty() ? 0 : TAGGED);
  }

  private static int bodyLength(Content content) {
    int length = SCHEMA_LENGTH + (content.tags().isEmpty() ? 0 : 1);
    for (String tag : content.tags().keySet()) {
      length += 2 + tag.getBytes(UTF_8).length + TOKEN_LENGTH;
    }
    return length + (content.payload() == null ? 0 : content.payload().length);
  }

  private static void body(ByteBuffer buffer, Content content) {
    buffer.putInt(content.schema());
    if (!content.tags().isEmpty()) {
      buffer.put((byte) content.tags().size());
      content
          .tags()
          .forEach(
              (tag, stamp) -> {
                byte[] name = tag.getBytes(UTF_8);
                buffer.putShort((short) name.length).put(name).put(stamp.getBytes(US_ASCII));
              });
    }
    if (content.payload() != null) {
      buffer.put(content.payload());
    }
  }
}
