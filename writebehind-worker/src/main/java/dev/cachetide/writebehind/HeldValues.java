package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads what the rows of a log hold in unique indexes, one statement a table. */
final class HeldValues {

  private HeldValues() {}

  static Map<RowKey, Map<String, @Nullable String>> of(List<RowOp> log, LogApplier.Rows rows)
      throws SQLException, RowsRefusedException {
    Map<TableName, Map<RowKey, RowOp>> tables = new LinkedHashMap<>();
    for (RowOp op : log) {
      if (UniqueOrder.concerns(op.table())) {
        tables
            .computeIfAbsent(op.table().name(), name -> new LinkedHashMap<>())
            .putIfAbsent(RowKey.of(op), op);
      }
    }
    Map<RowKey, Map<String, @Nullable String>> held = new HashMap<>();
    for (Map<RowKey, RowOp> some : tables.values()) {
      List<RowOp> ops = List.copyOf(some.values());
      TargetTable table = ops.get(0).table();
      List<String> columns = table.uniques().stream().flatMap(List::stream).distinct().toList();
      RowGroup group = new RowGroup(table, RowOp.Kind.CHANGE, List.of(), List.of(), ops);
      held.putAll(rows.read(group, columns));
    }
    return held;
  }
}
