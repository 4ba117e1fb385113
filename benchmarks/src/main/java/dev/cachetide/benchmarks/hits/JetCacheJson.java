package dev.cachetide.benchmarks.hits;

import com.alicp.jetcache.support.AbstractJsonDecoder;
import com.alicp.jetcache.support.AbstractJsonEncoder;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * JetCache's own JSON format, with Jackson in the place of the fastjson that it ships with, so that
 * parsers are not what is compared.
 */
final class JetCacheJson {

  private JetCacheJson() {}

  static final class Encoder extends AbstractJsonEncoder {
    Encoder() {
      super(false);
    }

    @Override
    protected byte[] encodeSingleValue(Object value) {
      try {
        return Product.JSON.writeValueAsBytes(value);
      } catch (JsonProcessingException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  static final class Decoder extends AbstractJsonDecoder {
    Decoder() {
      super(false);
    }

    @Override
    @SuppressWarnings("rawtypes") // as declared there
    protected Object parseObject(byte[] buffer, int index, int length, Class type) {
      try {
        return Product.JSON.readerFor(type).readValue(buffer, index, length);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
