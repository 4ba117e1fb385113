package dev.cachetide.invalidation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a JSON schema says of the columns, so that a topic of Kafka Connect with its default
 * settings names the same keys as one of cdc-ingest, which asks Debezium for text: decimals that
 * travel as bytes, and dates and times that travel as numbers.
 */
final class LogicalTypes {

  private static final Duration DAY = Duration.ofDays(1);
  private static final LogicalTypes NONE = new LogicalTypes(Map.of());

  /** By image and column, {@code after.price}; only columns whose type has a name, and bytea. */
  private final Map<String, JsonNode> schemas;

  private LogicalTypes(Map<String, JsonNode> schemas) {
    this.schemas = schemas;
  }

  /** Reads an envelope's schema; null when there is none. */
  static LogicalTypes of(@Nullable JsonNode schema) {
    if (schema == null) {
      return NONE;
    }
    Map<String, JsonNode> schemas = new HashMap<>();
    for (JsonNode image : schema.path("fields")) {
      for (JsonNode column : image.path("fields")) {
        if (isMeant(column) || isMeant(column.path("items"))) {
          schemas.put(image.path("field").asText() + "." + column.path("field").asText(), column);
        }
      }
    }
    return new LogicalTypes(schemas);
  }

  /** Whether there is more to say of a value than JSON does. */
  private static boolean isMeant(JsonNode schema) {
    return schema.path("name").isTextual() || schema.path("type").asText().equals("bytes");
  }

  /** Whether a schema says how a column's value is to be read. */
  boolean tells(String image, String column) {
    return schemas.containsKey(image + "." + column);
  }

  /**
   * A value as text; null for NULL.
   *
   * @throws IllegalArgumentException when the value is not what its schema says
   * @throws ArithmeticException when it is a number beyond what Postgres holds
   * @throws java.time.DateTimeException when it is a time beyond what the calendar holds
   */
  @Nullable String text(String image, String column, JsonNode value) {
    JsonNode schema = schemas.get(image + "." + column);
    return schema == null || value.isNull() ? ColumnText.of(value) : text(schema, value);
  }

  private static @Nullable String text(JsonNode schema, JsonNode value) {
    if (value.isArray() && schema.has("items")) {
      return ColumnText.of(texts(schema.get("items"), value));
    }
    return switch (schema.path("name").asText()) {
      // Months and years have become days: the interval is not told.
      case "io.debezium.time.MicroDuration" -> throw new IllegalArgumentException("an interval");
      case "" -> HexFormat.of().formatHex(Base64.getDecoder().decode(value.asText()));
      case "org.apache.kafka.connect.data.Decimal" -> decimal(schema, value);
      // Stripped of its trailing zeros: whether it is 1.5 or 1.50 is not told.
      case "io.debezium.data.VariableScaleDecimal" ->
          throw new IllegalArgumentException("a number without its scale");
      case "io.debezium.time.Date", "org.apache.kafka.connect.data.Date" ->
          LocalDate.ofEpochDay(whole(value)) + "Z";
      case "io.debezium.time.Timestamp", "org.apache.kafka.connect.data.Timestamp" ->
          timestamp(Math.multiplyExact(whole(value), 1_000L), 1_000);
      case "io.debezium.time.MicroTimestamp" -> timestamp(whole(value), 1_000);
      case "io.debezium.time.NanoTimestamp" -> timestamp(whole(value), 1);
      case "io.debezium.time.Time", "org.apache.kafka.connect.data.Time" ->
          time(Duration.ofMillis(whole(value)));
      case "io.debezium.time.MicroTime" ->
          time(Duration.ofNanos(Math.multiplyExact(whole(value), 1_000L)));
      default -> ColumnText.of(value);
    };
  }

  /** As cdc-ingest's events have them. */
  private static JsonNode texts(JsonNode elementSchema, JsonNode array) {
    if (!isMeant(elementSchema)) {
      return array;
    }
    ArrayNode texts = JsonNodeFactory.instance.arrayNode(array.size());
    for (JsonNode element : array) {
      texts.add(element.isNull() ? null : text(elementSchema, element));
    }
    return texts;
  }

  private static @Nullable String decimal(JsonNode schema, JsonNode value) {
    return value.isTextual()
        ? unscaled(value, schema.path("parameters").path("scale").asInt())
        : ColumnText.of(value);
  }

  private static String unscaled(JsonNode base64, int scale) {
    byte[] bytes = Base64.getDecoder().decode(base64.asText());
    return ColumnText.plain(new BigDecimal(new BigInteger(bytes), scale));
  }

  private static long whole(JsonNode value) {
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new IllegalArgumentException("not a whole number of 64 bits");
    }
    return value.longValue();
  }

  private static String timestamp(long count, int nanosEach) {
    long perSecond = 1_000_000_000L / nanosEach;
    Instant instant =
        Instant.ofEpochSecond(
            Math.floorDiv(count, perSecond), Math.floorMod(count, perSecond) * nanosEach);
    return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(instant.atOffset(ZoneOffset.UTC));
  }

  /** Postgres has a time 24:00:00, which Debezium writes as midnight. */
  private static String time(Duration sinceMidnight) {
    Duration time = sinceMidnight.equals(DAY) ? Duration.ZERO : sinceMidnight;
    return DateTimeFormatter.ISO_OFFSET_TIME.format(
        LocalTime.ofNanoOfDay(time.toNanos()).atOffset(ZoneOffset.UTC));
  }
}
