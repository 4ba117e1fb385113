package dev.cachetide.internal.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.cachetide.Codec;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Text as UTF-8; bytes that are not UTF-8 are refused. */
public final class TextCodec implements Codec<String> {

  @Override
  public byte[] encode(String value) {
    return value.getBytes(UTF_8);
  }

  @Override
  public String decode(byte[] bytes, int offset, int length) throws IOException {
    return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, offset, length)).toString();
  }

  @Override
  public int schema() {
    return 1;
  }
}
