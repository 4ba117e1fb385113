package dev.cachetide.writebehind;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Tables as plain maps. The row whose key is {@code bad} is refused always. A row that was refused
 * may be left half written, as Postgres would not: the caller undoes it either way. Deleting a row
 * of a table that cascades deletes the rows of {@code child} whose column {@code a} names it.
 */
final class SimulatedRows implements LogApplier.Rows {

  private Map<String, Map<String, @Nullable String>> rows = new TreeMap<>();

  /** Rows by table and key. */
  Map<String, Map<String, @Nullable String>> rows() {
    return rows;
  }

  @Override
  public List<LogApplier.Lost> write(RowGroup group) throws RowsRefusedException {
    List<LogApplier.Lost> lost = new ArrayList<>();
    for (RowOp op : group.ops()) {
      if (op.base() == null) {
        write(op);
      } else if (op.base().equals(version(op))) {
        write(op);
      } else {
        lost.add(new LogApplier.Lost(op, version(op)));
      }
    }
    return lost;
  }

  @Override
  public List<LogApplier.Verdict> each(List<RowOp> ops) {
    List<LogApplier.Verdict> verdicts = new ArrayList<>();
    for (RowOp op : ops) {
      Object before = mark();
      try {
        List<LogApplier.Lost> lost = write(RowGroup.of(op));
        verdicts.add(new LogApplier.Verdict(null, lost.isEmpty() ? null : lost.get(0)));
      } catch (RowsRefusedException e) {
        undoTo(before);
        verdicts.add(new LogApplier.Verdict(e, null));
      }
    }
    return verdicts;
  }

  @Override
  public Map<RowKey, Map<String, @Nullable String>> read(RowGroup group, List<String> columns) {
    Map<RowKey, Map<String, @Nullable String>> held = new HashMap<>();
    for (RowOp op : group.ops()) {
      Map<String, @Nullable String> row = rows.get(key(op));
      if (row != null) {
        held.put(RowKey.of(op), row);
      }
    }
    return held;
  }

  @Override
  public Object mark() {
    return copy(rows);
  }

  @Override
  @SuppressWarnings("unchecked") // marks are made by mark() alone
  public void undoTo(Object mark) {
    rows = copy((Map<String, Map<String, @Nullable String>>) mark);
  }

  @Override
  public void forget(Object mark) {
    // a copy needs no release
  }

  private void write(RowOp op) throws RowsRefusedException {
    if (op.key().get(0).equals("bad")) {
      throw new RowsRefusedException("always refused", "23514");
    }
    String key = key(op);
    Map<String, @Nullable String> row = rows.get(key);
    if (row != null && op.kind() == RowOp.Kind.INSERT) {
      throw new RowsRefusedException("row exists already", "23505");
    }
    if (row == null && !op.kind().inserts()) {
      if (op.absentAllowed()) {
        return;
      }
      throw new RowsRefusedException("row does not exist", null, Set.of(RowKey.of(op)));
    }
    if (op.kind() == RowOp.Kind.DELETE) {
      delete(op, key);
      return;
    }
    Map<String, @Nullable String> written = rows.computeIfAbsent(key, k -> new TreeMap<>());
    written.putAll(op.set());
    demandUnique(op, key, written);
    op.add().forEach((column, amount) -> written.put(column, sum(written.get(column), amount)));
  }

  private void demandUnique(RowOp op, String key, Map<String, @Nullable String> written)
      throws RowsRefusedException {
    for (List<String> unique : op.table().uniques()) {
      String column = unique.get(0);
      for (var other : rows.entrySet()) {
        if (!other.getKey().equals(key)
            && other.getKey().startsWith(op.table().name() + "/")
            && written.get(column) != null
            && Objects.equals(other.getValue().get(column), written.get(column))) {
          throw new RowsRefusedException("another row has the value", "23505");
        }
      }
    }
  }

  /** What tells a row's version; null when there is no row, or it has none. */
  private @Nullable String version(RowOp op) {
    TargetColumn version = op.table().policy().version();
    Map<String, @Nullable String> row = rows.get(key(op));
    return row == null || version == null ? null : row.get(version.name());
  }

  private void delete(RowOp op, String key) {
    rows.remove(key);
    if (op.table().references().cascadingDelete()) {
      rows.entrySet()
          .removeIf(
              row ->
                  row.getKey().startsWith("public.child/")
                      && op.key().get(0).equals(row.getValue().get("a")));
    }
  }

  private static String sum(@Nullable String base, BigDecimal amount) {
    return (base == null ? BigDecimal.ZERO : new BigDecimal(base)).add(amount).toPlainString();
  }

  private static String key(RowOp op) {
    return op.table().name() + "/" + op.key().get(0);
  }

  private static Map<String, Map<String, @Nullable String>> copy(
      Map<String, Map<String, @Nullable String>> rows) {
    Map<String, Map<String, @Nullable String>> copy = new TreeMap<>();
    rows.forEach((key, row) -> copy.put(key, new TreeMap<>(row)));
    return copy;
  }
}
