package dev.cachetide.writebehind;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How late each effect of a log has to come, so that a value of a unique index is given up by one
 * row before another takes it.
 *
 * <p>Postgres checks a unique index at each row it writes. Two rows that swap a value by way of a
 * spare one, or a row that is deleted and another that takes its name, do so in the log's order and
 * in hardly any other. So each effect gets a level: 0, or one more than that of the effect of
 * another row that gave up a value which this one takes, and never less than that of the row's
 * effect before. Carried out level by level, every value is free when it is taken, and rows that
 * have nothing to do with each other still share their statements.
 *
 * <p>Values are compared as text, and what a row held at first is what the caller has read. Where
 * that misses something (an expression, a collation, an amount that is added), a statement fails as
 * it would have without levels, and the caller falls back to shorter pieces of the log: a level
 * decides only when an effect is carried out, never whether.
 */
final class UniqueOrder {

  private final Map<RowKey, Map<String, @Nullable String>> held;
  private final Map<RowKey, Integer> levels = new HashMap<>();
  private final Map<Value, Freed> freed = new HashMap<>();

  private UniqueOrder(Map<RowKey, Map<String, @Nullable String>> held) {
    this.held = new HashMap<>(held);
  }

  /** Whether a row of the table can be kept out by another's value, and rows can be told apart. */
  static boolean concerns(TargetTable table) {
    return !table.uniques().isEmpty() && table.tellsRowsApart();
  }

  /**
   * The level of each effect, by its index.
   *
   * @param held what the rows of the log held before it, in the columns of unique indexes; a row
   *     that is missing did not exist
   */
  static int[] levels(List<RowOp> log, Map<RowKey, Map<String, @Nullable String>> held) {
    UniqueOrder order = new UniqueOrder(held);
    int[] levels = new int[log.size()];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = concerns(log.get(i).table()) ? order.level(log.get(i)) : 0;
    }
    return levels;
  }

  private int level(RowOp op) {
    RowKey row = RowKey.of(op);
    Map<String, @Nullable String> before = held.get(row);
    Map<String, @Nullable String> after = after(op, before);
    List<Value> given = values(op.table(), before);
    List<Value> taken = values(op.table(), after);
    int level = levels.getOrDefault(row, 0);
    for (Value value : taken) {
      Freed by = given.contains(value) ? null : freed.get(value);
      if (by != null && !by.row().equals(row)) {
        level = Math.max(level, by.level() + 1);
      }
    }
    for (Value value : given) {
      if (!taken.contains(value)) {
        freed.put(value, new Freed(row, level));
      }
    }
    levels.put(row, level);
    if (after == null) {
      held.remove(row);
    } else {
      held.put(row, after);
    }
    return level;
  }

  private static @Nullable Map<String, @Nullable String> after(
      RowOp op, @Nullable Map<String, @Nullable String> before) {
    if (op.kind() == RowOp.Kind.DELETE) {
      return null;
    }
    Map<String, @Nullable String> after = new TreeMap<>(before == null ? Map.of() : before);
    after.putAll(op.set());
    after.keySet().removeAll(op.add().keySet());
    return after;
  }

  /** What a row holds in each unique index; a null, or what is not known, keeps nobody out. */
  private static List<Value> values(
      TargetTable table, @Nullable Map<String, @Nullable String> row) {
    List<Value> values = new ArrayList<>();
    for (int index = 0; row != null && index < table.uniques().size(); index++) {
      List<String> texts = new ArrayList<>();
      for (String column : table.uniques().get(index)) {
        String text = row.get(column);
        if (text != null) {
          texts.add(canonical(table.known(column).type(), text));
        }
      }
      if (texts.size() == table.uniques().get(index).size()) {
        values.add(new Value(table.name().toString(), index, texts));
      }
    }
    return values;
  }

  private static String canonical(PgType type, String text) {
    try {
      return PgText.key(type, text);
    } catch (MisfitException e) {
      // no form that equal values share: two that differ only in their form count as different
      return text;
    }
  }

  private record Value(String table, int index, List<String> texts) {}

  private record Freed(RowKey row, int level) {}
}
