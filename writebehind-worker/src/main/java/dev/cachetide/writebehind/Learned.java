package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is remembered of refused values, by table and column. */
final class Learned {

  /** So that little is spent on columns that nothing was learned of. */
  private final Map<TableName, Map<String, LearnedValues>> columns = new HashMap<>();

  /** What a later change of this one does not reach. */
  Learned copy() {
    Learned copy = new Learned();
    columns.forEach(
        (table, some) ->
            some.forEach((column, values) -> copy.of(table).put(column, values.copy())));
    return copy;
  }

  /** The columns of a table of which something is remembered; to be added to. */
  Map<String, LearnedValues> of(TableName table) {
    return columns.computeIfAbsent(table, name -> new HashMap<>());
  }

  void clear() {
    columns.clear();
  }

  /** To look for what is remembered, as it stands. */
  Search search() {
    return new Search();
  }

  /** Looks at one effect after the other. Not safe for concurrent use. */
  final class Search {
    private @Nullable TargetTable table;
    private List<String> names = List.of();
    private @Nullable LearnedValues[] values = {};

    /** Whether an effect has a value that is remembered. */
    @SuppressWarnings("ReferenceEquality") // equal ones would do, and take long to compare
    boolean finds(RowOp op) {
      if (table != op.table() || names != op.set().names()) {
        table = op.table();
        names = op.set().names();
        Map<String, LearnedValues> ofTable = columns.getOrDefault(table.name(), Map.of());
        values = names.stream().map(ofTable::get).toArray(LearnedValues[]::new);
      }
      for (int i = 0; i < values.length; i++) {
        LearnedValues ofColumn = values[i];
        String text = ofColumn == null ? null : op.set().at(i);
        if (text != null && ofColumn != null && ofColumn.has(text)) {
          return true;
        }
      }
      return false;
    }
  }
}
