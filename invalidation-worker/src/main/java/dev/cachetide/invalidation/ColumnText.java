package dev.cachetide.invalidation;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * A column's value as key templates write it: text as it is, numbers in plain digits without an
 * exponent, {@code true} and {@code false}, arrays and objects as JSON without blanks.
 */
final class ColumnText {

  private static final String UNAVAILABLE = "__debezium_unavailable_value";

  private ColumnText() {}

  /** Null for NULL. */
  static @Nullable String of(JsonNode value) {
    if (value.isNull()) {
      return null;
    }
    if (value.isTextual()) {
      return value.textValue();
    }
    return value.isNumber() ? value.decimalValue().toPlainString() : value.toString();
  }

  /** Whether Postgres did not repeat the value, because it is stored out of line and unchanged. */
  static boolean isUnavailable(JsonNode value) {
    return (value.isTextual() && value.textValue().equals(UNAVAILABLE))
        || (value.isArray() && value.size() == 1 && isUnavailable(value.get(0)));
  }
}
