package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Tables as plain maps. The row whose key is {@code bad} is refused always. Deleting a row of a
 * table that cascades deletes the rows of {@code child} whose column {@code a} names it.
 */
final class SimulatedRows implements LogApplier.Rows {

  private Map<String, Map<String, @Nullable String>> rows = new TreeMap<>();

  /** Rows by table and key. */
  Map<String, Map<String, @Nullable String>> rows() {
    return rows;
  }

  @Override
  public void write(RowGroup group) throws RowsRefusedException {
    for (RowOp op : group.ops()) {
      write(op);
    }
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
    String key = key(op.table().name(), op.key().get(0));
    Map<String, @Nullable String> row = rows.get(key);
    if (row == null && op.kind() != RowOp.Kind.UPSERT) {
      if (op.absentAllowed()) {
        return;
      }
      throw new RowsRefusedException("row does not exist", null);
    }
    if (op.kind() == RowOp.Kind.DELETE) {
      delete(op, key);
      return;
    }
    Map<String, @Nullable String> written = rows.computeIfAbsent(key, k -> new TreeMap<>());
    written.putAll(op.set());
    op.add().forEach((column, amount) -> written.put(column, sum(written.get(column), amount)));
  }

  private void delete(RowOp op, String key) {
    rows.remove(key);
    if (op.table().cascadingDelete()) {
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

  private static String key(TableName table, String key) {
    return table + "/" + key;
  }

  private static Map<String, Map<String, @Nullable String>> copy(
      Map<String, Map<String, @Nullable String>> rows) {
    Map<String, Map<String, @Nullable String>> copy = new TreeMap<>();
    rows.forEach((key, row) -> copy.put(key, new TreeMap<>(row)));
    return copy;
  }
}
