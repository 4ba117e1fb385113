package dev.cachetide.writebehind;

import dev.cachetide.wire.WriteCommand;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * What a write command means for its table: its effect with every value as Postgres' text, or why
 * the table cannot take it. Reasons name tables and columns, never values. Not safe for concurrent
 * use.
 */
final class CommandPlanner {

  private final WriteCatalog catalog;
  private final Shapes shapes = new Shapes();

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

  private RowOp effect(TargetTable table, WriteCommand command) throws MisfitException {
    List<String> key = key(table, command.key());
    if (command instanceof WriteCommand.Insert insert) {
      refuseGeneratedKey(table);
      return RowOp.insert(table, key, shapes.columns(table, insert.set(), PgText::value));
    }
    if (command instanceof WriteCommand.Upsert upsert) {
      refuseGeneratedKey(table);
      return RowOp.upsert(table, key, shapes.columns(table, upsert.set(), PgText::value));
    }
    if (command instanceof WriteCommand.Update update) {
      return RowOp.change(
          table, key, shapes.columns(table, update.set(), PgText::value), Columns.none());
    }
    if (command instanceof WriteCommand.Delta delta) {
      return RowOp.change(
          table, key, Columns.none(), shapes.columns(table, delta.add(), CommandPlanner::amount));
    }
    return RowOp.delete(table, key);
  }

  private static List<String> key(TargetTable table, Map<String, Object> key)
      throws MisfitException {
    String[] texts = new String[table.key().size()];
    for (int i = 0; i < texts.length; i++) {
      TargetColumn column = table.key().get(i);
      Object value = key.get(column.name());
      if (value == null) {
        throw new MisfitException("key column '" + column.name() + "' is missing");
      }
      try {
        texts[i] = PgText.key(column.type(), value);
      } catch (MisfitException e) {
        throw e.in(column.name());
      }
    }
    if (key.size() > table.key().size()) {
      TreeSet<String> extra = new TreeSet<>(key.keySet());
      table.key().forEach(column -> extra.remove(column.name()));
      throw new MisfitException("'" + extra.first() + "' is not a column of the listed key");
    }
    return new KeyTexts(texts);
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

  private static BigDecimal amount(PgType type, BigDecimal amount) throws MisfitException {
    return new BigDecimal(PgText.amount(type, amount));
  }
}
