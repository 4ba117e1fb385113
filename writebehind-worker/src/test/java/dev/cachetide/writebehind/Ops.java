package dev.cachetide.writebehind;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Effects on rows, in one line each. */
final class Ops {

  /** Nothing is suspected. */
  static final LogApplier.Hints NO_HINTS = (log, all, suspects) -> {};

  private Ops() {}

  static RowOp insert(TargetTable table, String key, @Nullable String... set) {
    return RowOp.insert(table, List.of(key), map(set));
  }

  static RowOp upsert(TargetTable table, String key, @Nullable String... set) {
    return RowOp.upsert(table, List.of(key), map(set));
  }

  static RowOp update(TargetTable table, String key, @Nullable String... set) {
    return RowOp.change(table, List.of(key), map(set), Columns.none());
  }

  static RowOp delta(TargetTable table, String key, @Nullable String... add) {
    TreeMap<String, BigDecimal> amounts = new TreeMap<>();
    map(add).forEach((column, text) -> amounts.put(column, new BigDecimal(String.valueOf(text))));
    return RowOp.change(table, List.of(key), Columns.none(), Columns.of(amounts));
  }

  static RowOp delete(TargetTable table, String key) {
    return RowOp.delete(table, List.of(key));
  }

  static Columns<@Nullable String> map(@Nullable String... pairs) {
    Map<String, @Nullable String> map = new HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(String.valueOf(pairs[i]), pairs[i + 1]);
    }
    return Columns.of(map);
  }
}
