package dev.cachetide.writebehind;

import dev.cachetide.wire.WriteCommand;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a write command means for its table: its effect with every value as Postgres' text, or why
 * the table cannot take it. Reasons name tables and columns, never values.
 */
final class CommandPlanner {

  private final WriteCatalog catalog;

  CommandPlanner(WriteCatalog catalog) {
    this.catalog = catalog;
  }

  /**
   * The command's effect.
   *
   * @throws MisfitException when its table is not listed, or cannot take it as the catalogue stands
   */
  RowOp plan(WriteCommand command) throws MisfitException {
    TargetTable table =
        catalog
            .table(command.table())
            .orElseThrow(() -> new MisfitException(catalog.refusal(command.table())));
    table.policy().check(command);
    return table.policy().guard(effect(table, command), command.base());
  }

  private static RowOp effect(TargetTable table, WriteCommand command) throws MisfitException {
    List<String> key = key(table, command.key());
    if (command instanceof WriteCommand.Insert insert) {
      refuseGeneratedKey(table);
      return RowOp.insert(table, key, values(table, insert.set()));
    }
    if (command instanceof WriteCommand.Upsert upsert) {
      refuseGeneratedKey(table);
      return RowOp.upsert(table, key, values(table, upsert.set()));
    }
    if (command instanceof WriteCommand.Update update) {
      return RowOp.change(table, key, values(table, update.set()), new TreeMap<>());
    }
    if (command instanceof WriteCommand.Delta delta) {
      return RowOp.change(table, key, new TreeMap<>(), amounts(table, delta.add()));
    }
    return RowOp.delete(table, key);
  }

  private static List<String> key(TargetTable table, Map<String, Object> key)
      throws MisfitException {
    List<String> texts = new ArrayList<>(table.key().size());
    for (TargetColumn column : table.key()) {
      Object value = key.get(column.name());
      if (value == null) {
        throw new MisfitException("key column '" + column.name() + "' is missing");
      }
      try {
        texts.add(PgText.key(column.type(), value));
      } catch (MisfitException e) {
        throw in(column.name(), e);
      }
    }
    if (key.size() > table.key().size()) {
      TreeSet<String> extra = new TreeSet<>(key.keySet());
      table.key().forEach(column -> extra.remove(column.name()));
      throw new MisfitException("'" + extra.first() + "' is not a column of the listed key");
    }
    return texts;
  }

  private static void refuseGeneratedKey(TargetTable table) throws MisfitException {
    for (TargetColumn column : table.key()) {
      if (column.generated()) {
        throw new MisfitException(
            "key column '"
                + column.name()
                + "' is generated always: the command could not insert the row");
      }
    }
  }

  private static SortedMap<String, @Nullable String> values(
      TargetTable table, Map<String, Object> set) throws MisfitException {
    SortedMap<String, @Nullable String> texts = new TreeMap<>();
    for (var entry : set.entrySet()) {
      TargetColumn column = writable(table, entry.getKey());
      try {
        texts.put(column.name(), PgText.value(column.type(), entry.getValue()));
      } catch (MisfitException e) {
        throw in(column.name(), e);
      }
    }
    return texts;
  }

  private static SortedMap<String, BigDecimal> amounts(
      TargetTable table, Map<String, BigDecimal> add) throws MisfitException {
    SortedMap<String, BigDecimal> amounts = new TreeMap<>();
    for (var entry : add.entrySet()) {
      TargetColumn column = writable(table, entry.getKey());
      try {
        amounts.put(column.name(), new BigDecimal(PgText.amount(column.type(), entry.getValue())));
      } catch (MisfitException e) {
        throw in(column.name(), e);
      }
    }
    return amounts;
  }

  private static TargetColumn writable(TargetTable table, String name) throws MisfitException {
    TargetColumn column = table.column(name);
    if (column == null) {
      throw new MisfitException("column '" + name + "' does not exist");
    }
    if (column.generated()) {
      throw new MisfitException("column '" + name + "' is generated always");
    }
    return column;
  }

  private static MisfitException in(String column, MisfitException misfit) {
    return new MisfitException("column '" + column + "' " + misfit.getMessage());
  }
}
