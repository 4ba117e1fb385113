package dev.cachetide.internal.codec;

import dev.cachetide.Codec;
import java.util.Arrays;

/** Bytes as they are. */
public final class BytesCodec implements Codec<byte[]> {

  @Override
  public byte[] encode(byte[] value) {
    return value.clone();
  }

  @Override
  public byte[] decode(byte[] bytes, int offset, int length) {
    return Arrays.copyOfRange(bytes, offset, offset + length);
  }

  @Override
  public int schema() {
    return 2;
  }
}
