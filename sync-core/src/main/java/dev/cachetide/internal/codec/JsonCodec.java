package dev.cachetide.internal.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cachetide.Codec;
import java.io.IOException;
import java.lang.reflect.Type;
import java.util.zip.CRC32;

/** JSON by Jackson. */
public final class JsonCodec<V> implements Codec<V> {

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final ObjectReader reader;
  private final ObjectWriter writer;
  private final int schema;

  private JsonCodec(ObjectMapper mapper, JavaType type) {
    reader = mapper.readerFor(type);
    writer = mapper.writerFor(type);
    CRC32 name = new CRC32();
    name.update(type.toCanonical().getBytes(UTF_8));
    schema = (int) name.getValue();
  }

  /** A codec for a class. */
  public static <V> Codec<V> of(Class<V> type) {
    return new JsonCodec<>(MAPPER, MAPPER.constructType((Type) type));
  }

  /** A codec for a generic type. */
  public static <V> Codec<V> of(TypeReference<V> type) {
    return of(MAPPER, type);
  }

  /** A codec with another mapper. */
  public static <V> Codec<V> of(ObjectMapper mapper, TypeReference<V> type) {
    return new JsonCodec<>(mapper, mapper.constructType(type));
  }

  @Override
  public byte[] encode(V value) throws IOException {
    return writer.writeValueAsBytes(value);
  }

  @Override
  public V decode(byte[] bytes, int offset, int length) throws IOException {
    V value = reader.readValue(bytes, offset, length);
    if (value == null) {
      throw new IOException("JSON null where a value was expected");
    }
    return value;
  }

  @Override
  public int schema() {
    return schema;
  }
}
