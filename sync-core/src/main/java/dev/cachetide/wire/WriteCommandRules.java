package dev.cachetide.wire;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What holds for every write command whatever its table; messages name columns, never values. */
final class WriteCommandRules {

  private static final int MAX_ID_LENGTH = 200;

  private WriteCommandRules() {}

  static Map<String, Object> key(Map<String, Object> key) {
    Map<String, Object> columns = JsonValues.columns(filled("key", key));
    columns.forEach(
        (column, value) -> {
          if (value == null || value instanceof List || value instanceof Map) {
            throw new IllegalArgumentException(
                "key column '" + column + "' must be text, a number or a boolean");
          }
        });
    return columns;
  }

  static <V> Map<String, V> beside(Map<String, Object> key, Map<String, V> columns) {
    for (String column : columns.keySet()) {
      if (key.containsKey(column)) {
        throw new IllegalArgumentException("key column '" + column + "' cannot be written as well");
      }
    }
    return columns;
  }

  static <V> Map<String, V> filled(String field, Map<String, V> columns) {
    if (columns.isEmpty()) {
      throw new IllegalArgumentException("'" + field + "' must name a column");
    }
    return columns;
  }

  static @Nullable String id(@Nullable String id) {
    if (id != null && (id.isEmpty() || id.length() > MAX_ID_LENGTH)) {
      throw new IllegalArgumentException("'id' must have 1 to " + MAX_ID_LENGTH + " characters");
    }
    return id == null ? null : JsonValues.text(id);
  }

  static @Nullable Object base(@Nullable Object base) {
    Object value = JsonValues.columns(Collections.singletonMap("base", base)).get("base");
    if (value == null || value instanceof String || value instanceof BigDecimal) {
      return value;
    }
    throw new IllegalArgumentException("'base' must be text or a number");
  }
}
