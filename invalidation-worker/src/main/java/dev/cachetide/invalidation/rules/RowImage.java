package dev.cachetide.invalidation.rules;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A row as it was at one moment, as far as the event tells.
 *
 * @param values text by column, null for NULL; as templates render it
 * @param unavailable columns whose value Postgres did not repeat because it had not changed (a
 *     TOAST value stored out of line); not in {@code values}
 */
public record RowImage(Map<String, @Nullable String> values, Set<String> unavailable) {

  /** Copies the collections. */
  public RowImage {
    values = Collections.unmodifiableMap(new HashMap<>(values));
    unavailable = Set.copyOf(unavailable);
  }

  boolean knows(String column) {
    return values.containsKey(column);
  }
}
