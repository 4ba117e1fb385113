package dev.cachetide;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.internal.codec.BytesCodec;
import dev.cachetide.internal.codec.JsonCodec;
import dev.cachetide.internal.codec.TextCodec;
import java.io.IOException;

/**
 * A value as bytes and back. Must be safe for concurrent use.
 *
 * @param <V> what the application works with
 */
public interface Codec<V> {

  /**
   * The bytes of a value.
   *
   * @throws IOException when the value cannot be written; it is then not cached
   */
  byte[] encode(V value) throws IOException;

  /**
   * The value of some bytes; the array must be left as it is and not be kept.
   *
   * @throws IOException when the bytes are no such value, which counts as a miss
   */
  V decode(byte[] bytes, int offset, int length) throws IOException;

  /**
   * Which form the bytes have. An entry of another schema is a miss, so raise it when the form
   * changes in a way that {@link #decode} would read wrongly instead of refusing.
   */
  int schema();

  /** The same codec under another schema number. */
  default Codec<V> withSchema(int schema) {
    Codec<V> same = this;
    return new Codec<>() {
      @Override
      public byte[] encode(V value) throws IOException {
        return same.encode(value);
      }

      @Override
      public V decode(byte[] bytes, int offset, int length) throws IOException {
        return same.decode(bytes, offset, length);
      }

      @Override
      public int schema() {
        return schema;
      }
    };
  }

  /** Text as UTF-8, schema 1. */
  static Codec<String> text() {
    return new TextCodec();
  }

  /** Bytes as they are, schema 2. */
  static Codec<byte[]> bytes() {
    return new BytesCodec();
  }

  /**
   * JSON by Jackson with its defaults and exact decimals; unknown fields are ignored. Types that
   * Jackson needs a module for, such as those of {@code java.time}, are refused and so not cached:
   * bring a mapper. The schema is derived from the type's name, so a field that is added or removed
   * keeps the entries; where one changes its meaning, call {@link #withSchema}.
   */
  static <V> Codec<V> json(Class<V> type) {
    return JsonCodec.of(type);
  }

  /** The same for a generic type: {@code new TypeReference<List<User>>() {}}. */
  static <V> Codec<V> json(TypeReference<V> type) {
    return JsonCodec.of(type);
  }

  /** JSON by the application's own mapper. */
  static <V> Codec<V> json(ObjectMapper mapper, TypeReference<V> type) {
    return JsonCodec.of(mapper, type);
  }
}
