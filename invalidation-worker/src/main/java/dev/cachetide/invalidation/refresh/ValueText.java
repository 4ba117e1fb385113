package dev.cachetide.invalidation.refresh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.cachetide.invalidation.refresh.ColumnType.Kind;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A column's text to JSON, the same for the text of an event and the text that a query returns:
 * numbers without loss and without an exponent, json and arrays nested, bytea in base64, dates and
 * times in ISO 8601, those with a zone and timestamps in UTC. What has no such form is refused, so
 * that it is never cached in two ways.
 */
final class ValueText {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  static final JsonMapper JSON =
      JsonMapper.builder()
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final Set<String> NOT_FINITE = Set.of("NaN", "Infinity", "-Infinity");
  private static final int MOST_DIGITS = 9_000;
  private static final int LAST_YEAR = 9_999;
  private static final DateTimeFormatter TIME_WITH_ZONE =
      new DateTimeFormatterBuilder()
          .append(DateTimeFormatter.ISO_LOCAL_TIME)
          .appendPattern("[XXXXX][XXX][X]")
          .toFormatter(Locale.ROOT);

  private ValueText() {}

  /**
   * JSON null for NULL.
   *
   * @throws UnrenderableException when the text is not of the type, or beyond what JSON readers
   *     take
   */
  static JsonNode json(@Nullable String text, ColumnType type) throws UnrenderableException {
    if (text == null) {
      return NODES.nullNode();
    }
    try {
      return type.kind() == Kind.ARRAY
          ? array(text, Objects.requireNonNull(type.element()))
          : scalar(text, type.kind());
    } catch (JsonProcessingException | DateTimeException | IllegalArgumentException e) {
      // Their messages quote values.
      throw new UnrenderableException("a value that is not of its column's type");
    }
  }

  private static JsonNode scalar(String text, Kind kind)
      throws JsonProcessingException, UnrenderableException {
    return switch (kind) {
      case NUMBER ->
          NOT_FINITE.contains(text) ? NODES.textNode(text) : number(new BigDecimal(text));
      case FLOAT ->
          NOT_FINITE.contains(text)
              ? NODES.textNode(text)
              : number(new BigDecimal(text).stripTrailingZeros());
      case BOOLEAN -> bool(text);
      case JSON -> finite(JSON.readTree(text));
      case DATE -> NODES.textNode(date(text).toString());
      case TIME -> NODES.textNode(DateTimeFormatter.ISO_LOCAL_TIME.format(time(text)));
      case TIME_WITH_ZONE -> NODES.textNode(timeInUtc(text));
      case TIMESTAMP, TIMESTAMP_WITH_ZONE -> NODES.textNode(timestamp(text, kind));
      case BYTES -> NODES.textNode(Base64.getEncoder().encodeToString(bytes(text)));
      default -> NODES.textNode(text);
    };
  }

  private static JsonNode bool(String text) {
    if (!text.equals("true") && !text.equals("false")) {
      throw new IllegalArgumentException("no boolean");
    }
    return NODES.booleanNode(text.equals("true"));
  }

  private static JsonNode number(BigDecimal number) throws UnrenderableException {
    if (number.precision() + Math.abs((long) number.scale()) > MOST_DIGITS) {
      throw new UnrenderableException("a number of too many digits");
    }
    return DecimalNode.valueOf(number);
  }

  private static JsonNode finite(JsonNode json) throws UnrenderableException {
    if (json.isNumber()) {
      number(json.decimalValue());
    }
    for (JsonNode each : json) {
      finite(each);
    }
    return json;
  }

  /** Of one dimension: events do not tell of more. */
  private static JsonNode array(String text, Kind element)
      throws JsonProcessingException, UnrenderableException {
    JsonNode read = JSON.readTree(text);
    if (!read.isArray()) {
      throw new IllegalArgumentException("no array");
    }
    ArrayNode array = NODES.arrayNode();
    for (JsonNode each : read) {
      if (each.isContainerNode()) {
        throw new UnrenderableException("an array of several dimensions");
      }
      if (each.isNull()) {
        array.addNull();
      } else {
        array.add(
            scalar(
                each.isNumber() ? finite(each).decimalValue().toPlainString() : each.asText(),
                element));
      }
    }
    return array;
  }

  private static String withoutZone(String text) {
    return text.endsWith("Z") ? text.substring(0, text.length() - 1) : text;
  }

  private static LocalDate date(String text) throws UnrenderableException {
    LocalDate date = LocalDate.parse(withoutZone(text));
    year(date.getYear());
    return date;
  }

  /** Postgres has a time 24:00:00, which an event tells as midnight. */
  private static LocalTime time(String text) {
    return text.startsWith("24:") ? LocalTime.MIDNIGHT : LocalTime.parse(withoutZone(text));
  }

  private static String timeInUtc(String text) {
    OffsetTime time = OffsetTime.parse(text, TIME_WITH_ZONE);
    return DateTimeFormatter.ISO_LOCAL_TIME.format(
            time.withOffsetSameInstant(ZoneOffset.UTC).toLocalTime())
        + "Z";
  }

  private static String timestamp(String text, Kind kind) throws UnrenderableException {
    LocalDateTime time =
        kind == Kind.TIMESTAMP
            ? LocalDateTime.parse(withoutZone(text))
            : OffsetDateTime.parse(text).withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime();
    year(time.getYear());
    return DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(time) + "Z";
  }

  /** Also refuses infinity, which an event tells as a year far away. */
  private static void year(int year) throws UnrenderableException {
    if (year < 1 || year > LAST_YEAR) {
      throw new UnrenderableException("a time outside the years 1 to 9999");
    }
  }

  static byte[] bytes(String text) {
    return HexFormat.of().parseHex(text.startsWith("\\x") ? text.substring(2) : text);
  }
}
