package dev.cachetide.invalidation;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A column's value as key templates write it: text as it is, numbers in plain digits without an
 * exponent, {@code true} and {@code false}, arrays and objects as JSON without blanks.
 */
final class ColumnText {

  /** The placeholder as text, and as {@code bytea} in hex and in base64. */
  private static final Set<String> UNAVAILABLE =
      Set.of(
          "__debezium_unavailable_value",
          "5f5f646562657a69756d5f756e617661696c61626c655f76616c7565",
          "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==");

  /** More than Postgres's widest numeric has: 131,072 before the point and 16,383 after it. */
  private static final long MOST_DIGITS = 150_000;

  private ColumnText() {}

  /**
   * Null for NULL.
   *
   * @throws ArithmeticException as {@link #plain} does
   */
  static @Nullable String of(JsonNode value) {
    if (value.isNull()) {
      return null;
    }
    if (value.isTextual()) {
      return value.textValue();
    }
    return value.isNumber() ? plain(value.decimalValue()) : value.toString();
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
    return (value.isTextual() && UNAVAILABLE.contains(value.textValue()))
        || (value.isArray() && value.size() == 1 && isUnavailable(value.get(0)));
  }
}
