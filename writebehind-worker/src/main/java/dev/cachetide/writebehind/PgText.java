package dev.cachetide.writebehind;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value as the text that Postgres reads as a column's type.
 *
 * <p>Only what Postgres would misread is refused here; ranges, lengths and syntax are left to
 * Postgres, which knows its types better.
 */
final class PgText {

  private static final Pattern HEX = Pattern.compile("\\\\x([0-9a-fA-F]{2})*");
  private static final Pattern UUID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  private static final Pattern DECIMAL = Pattern.compile("[+-]?[0-9]{1,2000}(\\.[0-9]{1,2000})?");
  private static final ObjectWriter JSON =
      JsonMapper.builder().enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN).build().writer();

  private PgText() {}

  /**
   * The text of a value that is written; null for SQL NULL.
   *
   * @throws MisfitException when the kind of JSON does not fit the type
   */
  static @Nullable String value(PgType type, @Nullable Object value) throws MisfitException {
    return value == null ? null : present(type, value);
  }

  /**
   * The text of a key's value. Where the type {@linkplain PgType#identifies identifies}, equal
   * values have equal texts.
   *
   * @throws MisfitException when the kind of JSON does not fit the type, or its text has no such
   *     form
   */
  static String key(PgType type, Object value) throws MisfitException {
    if (value instanceof BigDecimal number && isWhole(number) && type.isExactNumber()) {
      return number.toString();
    }
    String text = present(type, value);
    return switch (type.kind()) {
      case INTEGER, DECIMAL ->
          plain(decimal(text).orElseThrow(() -> new MisfitException("is no plain number")));
      case UUID -> uuid(text.toLowerCase(Locale.ROOT));
      default -> text;
    };
  }

  /**
   * The text of what a delta adds.
   *
   * @throws MisfitException when the type cannot be added to, or an integer would get a fraction
   */
  static String amount(PgType type, BigDecimal amount) throws MisfitException {
    if (!type.addable()) {
      throw new MisfitException("has type " + type.name() + ", to which nothing can be added");
    }
    return number(type, amount);
  }

  /** A number that was written as this text, when it is a plain one. */
  static Optional<BigDecimal> decimal(String text) {
    return DECIMAL.matcher(text).matches() ? Optional.of(new BigDecimal(text)) : Optional.empty();
  }

  private static String present(PgType type, Object value) throws MisfitException {
    return switch (type.kind()) {
      case INTEGER, DECIMAL, FLOAT, OTHER_NUMBER -> numberOrText(type, value);
      case BOOLEAN -> only(Boolean.class, value, "true or false", type).toString();
      case JSON -> json(value);
      case ARRAY -> array(type, only(List.class, value, "an array", type));
      case BYTES -> hex(only(String.class, value, "text", type));
      case TEXT, UUID, ENUM, OTHER -> only(String.class, value, "text", type);
    };
  }

  private static <T> T only(Class<T> kind, Object value, String takes, PgType type)
      throws MisfitException {
    if (!kind.isInstance(value)) {
      throw new MisfitException(
          "has type " + type.name() + " and takes " + takes + ", not " + kindOf(value));
    }
    return kind.cast(value);
  }

  private static String numberOrText(PgType type, Object value) throws MisfitException {
    return value instanceof BigDecimal number
        ? number(type, number)
        : only(String.class, value, "a number or text", type);
  }

  private static String number(PgType type, BigDecimal number) throws MisfitException {
    if (type.kind() != PgType.Kind.INTEGER || isWhole(number)) {
      return number.toPlainString();
    }
    if (number.stripTrailingZeros().scale() > 0) {
      throw new MisfitException("has type " + type.name() + " and takes whole numbers");
    }
    return plain(number);
  }

  /** Most numbers: for them all that normalizes is for nothing. */
  private static boolean isWhole(BigDecimal number) {
    return number.scale() == 0;
  }

  private static String plain(BigDecimal number) {
    return number.stripTrailingZeros().toPlainString();
  }

  private static String uuid(String text) throws MisfitException {
    if (!UUID.matcher(text).matches()) {
      throw new MisfitException("takes a UUID as 8-4-4-4-12 hex digits");
    }
    return text;
  }

  private static String hex(String text) throws MisfitException {
    // Postgres would take anything else for its escape format, base64 included
    if (!HEX.matcher(text).matches()) {
      throw new MisfitException("has type bytea and takes hex digits after \\x");
    }
    return text;
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a decoded command holds only JSON", e);
    }
  }

  private static String array(PgType type, List<?> elements) throws MisfitException {
    PgType element = type.element();
    if (element == null) {
      throw new MisfitException("has type " + type.name() + " without elements");
    }
    StringBuilder literal = new StringBuilder("{");
    for (Object value : elements) {
      literal.append(literal.length() == 1 ? "" : ",").append(element(type, element, value));
    }
    return literal.append('}').toString();
  }

  private static String element(PgType array, PgType element, @Nullable Object value)
      throws MisfitException {
    if (value == null) {
      return "NULL";
    }
    if (value instanceof List<?> inner && element.kind() != PgType.Kind.JSON) {
      return array(array, inner);
    }
    String text = present(element, value);
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String kindOf(Object value) {
    if (value instanceof String) {
      return "text";
    }
    if (value instanceof BigDecimal) {
      return "a number";
    }
    if (value instanceof Boolean) {
      return "a boolean";
    }
    return value instanceof Map ? "an object" : "an array";
  }
}
