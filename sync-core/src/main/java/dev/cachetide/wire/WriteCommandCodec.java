package dev.cachetide.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A write command as the JSON that {@code docs/writes.md} and {@code
 * docs/write-command.schema.json} describe, and the key of the Kafka record that carries it.
 *
 * <p>Numbers keep every digit in both directions. Safe for concurrent use.
 */
public final class WriteCommandCodec {

  /** The version that is written, and the only one that is read. */
  public static final int VERSION = 1;

  /** The most bytes that one command may have. */
  public static final int MAX_BYTES = 1024 * 1024;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(60)
                  .maxNumberLength(2_000)
                  .maxStringLength(MAX_BYTES)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
          .build();
  private static final JsonMapper MAPPER = JsonMapper.builder(FACTORY).build();
  private static final ObjectWriter WRITER = MAPPER.writer();
  private static final ObjectWriter SORTED =
      MAPPER.writer().with(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  private WriteCommandCodec() {}

  /** The value of the Kafka record: UTF-8 JSON. */
  public static byte[] encode(WriteCommand command) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("v", VERSION);
    fields.put("op", operation(command));
    fields.put("table", command.table().toString());
    fields.put("key", command.key());
    if (command instanceof WriteCommand.Insert insert) {
      fields.put("set", insert.set());
    } else if (command instanceof WriteCommand.Upsert upsert) {
      fields.put("set", upsert.set());
    } else if (command instanceof WriteCommand.Update update) {
      fields.put("set", update.set());
    } else if (command instanceof WriteCommand.Delta delta) {
      fields.put("add", delta.add());
    }
    if (command.id() != null) {
      fields.put("id", command.id());
    }
    if (command.base() != null) {
      fields.put("base", command.base());
    }
    return bytes(WRITER, fields);
  }

  /**
   * The key of the Kafka record, which keeps the writes of one row in one partition: {@code
   * schema.table} followed by the row's key as JSON without blanks, names sorted, numbers without
   * exponent and without trailing zeros.
   */
  public static byte[] recordKey(WriteCommand command) {
    Map<String, Object> key = new TreeMap<>();
    command.key().forEach((column, value) -> key.put(column, canonical(value)));
    byte[] json = bytes(SORTED, key);
    byte[] table = command.table().toString().getBytes(StandardCharsets.UTF_8);
    byte[] joined = new byte[table.length + json.length];
    System.arraycopy(table, 0, joined, 0, table.length);
    System.arraycopy(json, 0, joined, table.length, json.length);
    return joined;
  }

  /**
   * Reads the value of a Kafka record.
   *
   * @throws MalformedCommandException when the bytes are no write command of {@link #VERSION}
   */
  public static WriteCommand decode(byte[] value) throws MalformedCommandException {
    if (value.length > MAX_BYTES) {
      throw new MalformedCommandException("longer than " + MAX_BYTES + " bytes");
    }
    try {
      return WriteCommandReader.command(fields(value));
    } catch (IllegalArgumentException e) {
      // thrown by our own checks, whose messages name columns only
      throw new MalformedCommandException(String.valueOf(e.getMessage()));
    }
  }

  private static @Nullable Map<String, @Nullable Object> fields(byte[] value)
      throws MalformedCommandException {
    try (JsonParser parser = FACTORY.createParser(value)) {
      return JsonReading.object(parser);
    } catch (StreamConstraintsException e) {
      throw new MalformedCommandException("JSON nested too deep, or a number too long");
    } catch (JsonProcessingException e) {
      // Jackson's own message quotes the text it stumbled over, which may be a row's value
      throw new MalformedCommandException(
          e.getLocation() == null
              ? "not JSON"
              : "not JSON, at byte " + Math.max(0, e.getLocation().getByteOffset()));
    } catch (IOException e) {
      throw new MalformedCommandException("not JSON in UTF-8");
    }
  }

  private static String operation(WriteCommand command) {
    if (command instanceof WriteCommand.Insert) {
      return "insert";
    }
    if (command instanceof WriteCommand.Upsert) {
      return "upsert";
    }
    if (command instanceof WriteCommand.Update) {
      return "update";
    }
    return command instanceof WriteCommand.Delete ? "delete" : "delta";
  }

  private static Object canonical(Object value) {
    return value instanceof BigDecimal number ? number.stripTrailingZeros() : value;
  }

  private static byte[] bytes(ObjectWriter writer, Map<String, Object> fields) {
    try {
      return writer.writeValueAsBytes(fields);
    } catch (IOException e) {
      throw new UncheckedIOException("JSON values that Jackson cannot write", e);
    }
  }
}
