package dev.cachetide.invalidation;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A column's value as key templates write it: text as it is, numbers in plain digits without an
 * exponent, {@code true} and {@code false}, arrays and objects as JSON without blanks.
 */
final class ColumnText {

  private static final String PLACEHOLDER = "__debezium_unavailable_value";

  /** The placeholder as text, as {@code bytea} in hex and in base64, and as {@code hstore}. */
  private static final Set<String> UNAVAILABLE =
      Set.of(
          PLACEHOLDER,
          "5f5f646562657a69756d5f756e617661696c61626c655f76616c7565",
          "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==",
          "{\"" + PLACEHOLDER + "\":\"" + PLACEHOLDER + "\"}");

  /** More than Postgres's widest numeric has: 131,072 before the point and 16,383 after it. */
  private static final long MOST_DIGITS = 150_000;

  private static final Pattern JAVA_ARRAY = Pattern.compile("\\[+(?:[A-Z]|L[\\w.$]+;)@[0-9a-f]+");

  private ColumnText() {}

  /**
   * Null for NULL.
   *
   * @throws ArithmeticException as {@link #plain} does
   * @throws IllegalArgumentException for an array whose elements the event does not tell
   */
  static @Nullable String of(JsonNode value) {
    if (value.isNull()) {
      return null;
    }
    if (value.isTextual()) {
      return value.textValue();
    }
    if (value.isArray() && isUntold(value)) {
      throw new IllegalArgumentException("an array of arrays");
    }
    return value.isNumber() ? plain(value.decimalValue()) : value.toString();
  }

  /**
   * Debezium knows no array of more than one dimension: the inner arrays come as NULL, or as the
   * name that the JVM gives an object, which is another one every time. An array of nothing but
   * NULLs looks the same.
   */
  private static boolean isUntold(JsonNode array) {
    boolean told = array.isEmpty();
    for (JsonNode element : array) {
      if (element.isTextual() && JAVA_ARRAY.matcher(element.textValue()).matches()) {
        return true;
      }
      told |= !element.isNull();
    }
    return !told;
  }

  /**
   * All digits, without an exponent.
   *
   * @throws ArithmeticException when there are more than Postgres can hold: a dozen characters such
   *     as {@code 1e900000000} could otherwise ask for a gigabyte
   */
  static String plain(BigDecimal number) {
    if (number.precision() + Math.abs((long) number.scale()) > MOST_DIGITS) {
      throw new ArithmeticException("a number of too many digits");
    }
    return number.toPlainString();
  }

  /** Whether Postgres did not repeat the value, because it is stored out of line and unchanged. */
  static boolean isUnavailable(JsonNode value) {
    if (value.isTextual()) {
      return UNAVAILABLE.contains(value.textValue());
    }
    if (value.isObject()) {
      return value.size() == 1 && value.path(PLACEHOLDER).asText().equals(PLACEHOLDER);
    }
    return value.isArray()
        && ((value.size() == 1 && isUnavailable(value.get(0))) || isPlaceholderInNumbers(value));
  }

  /** In an array of numbers or dates the placeholder's bytes are the elements. */
  private static boolean isPlaceholderInNumbers(JsonNode array) {
    boolean same = array.size() == PLACEHOLDER.length();
    for (int i = 0; same && i < array.size(); i++) {
      same = array.get(i).isIntegralNumber() && array.get(i).asInt() == PLACEHOLDER.charAt(i);
    }
    return same;
  }
}
