package dev.cachetide.internal;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import dev.cachetide.CacheConfig.Limits;
import dev.cachetide.Codec;
import dev.cachetide.internal.fenced.Entry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Values to payloads and back: the codec, compression and the size limit. */
final class Payloads<V> {

  private final Codec<V> codec;
  private final Limits limits;
  private final boolean compresses;

  Payloads(Codec<V> codec, Limits limits, boolean compresses) {
    this.codec = codec;
    this.limits = limits;
    this.compresses = compresses;
  }

  int schema() {
    return codec.schema();
  }

  /**
   * A value's payload; null when it is too large.
   *
   * @throws IOException when the codec refuses the value
   */
  @Nullable Payload encode(V value) throws IOException {
    return packed(codec.encode(value));
  }

  /** The payload of encoded bytes; null when they are too many. */
  @Nullable Payload packed(byte[] encoded) {
    if (encoded.length > limits.maxBytes()) {
      return null;
    }
    if (!compresses || encoded.length < limits.compressFrom()) {
      return new Payload(encoded, false);
    }
    byte[] compressed = Zstd.compress(encoded);
    if (compressed.length + Integer.BYTES >= encoded.length) {
      return new Payload(encoded, false);
    }
    byte[] payload = new byte[Integer.BYTES + compressed.length];
    ByteBuffer.wrap(payload).putInt(encoded.length).put(compressed);
    return new Payload(payload, true);
  }

  /**
   * The value of an entry that has one.
   *
   * @throws IOException when it has another schema, is damaged or beyond the limits
   */
  V decode(byte[] entry, Entry.Header header, Entry.Body body) throws IOException {
    if (body.schema() != codec.schema()) {
      throw new IOException("another schema");
    }
    if (!header.compressed()) {
      return codec.decode(entry, body.offset(), entry.length - body.offset());
    }
    byte[] encoded = unpacked(entry, header, body);
    return codec.decode(encoded, 0, encoded.length);
  }

  /**
   * The encoded bytes of an entry.
   *
   * @throws IOException when they are damaged or beyond the limits
   */
  byte[] unpacked(byte[] entry, Entry.Header header, Entry.Body body) throws IOException {
    byte[] payload = Arrays.copyOfRange(entry, body.offset(), entry.length);
    if (!header.compressed()) {
      return payload;
    }
    if (payload.length < Integer.BYTES) {
      throw new IOException("a compressed payload without its length");
    }
    int length = ByteBuffer.wrap(payload).getInt();
    // the length is from outside: it must not make the process allocate a gigabyte
    if (length < 0 || length > limits.maxBytes()) {
      throw new IOException("a compressed payload beyond the limit");
    }
    try {
      byte[] encoded =
          Zstd.decompress(Arrays.copyOfRange(payload, Integer.BYTES, payload.length), length);
      if (encoded.length != length) {
        throw new IOException("a compressed payload of another length");
      }
      return encoded;
    } catch (ZstdException e) {
      throw new IOException("a damaged compressed payload", e);
    }
  }

  /** What is stored. */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Payload(byte[] bytes, boolean compressed) {}
}
