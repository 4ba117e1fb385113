package dev.cachetide.system.oracle;

import dev.cachetide.system.oracle.Script.Statement;
import dev.cachetide.system.oracle.Script.Step;
import dev.cachetide.system.oracle.Script.Transaction;
import dev.cachetide.system.oracle.Table.Column;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Changes by chance. Values are few, so that rows meet; some statements fail, which is meant. */
final class ScriptDice {

  private static final int FIRST_ROWS = 6;

  private final Random random;
  private final List<Table> tables;
  private int lastRow;

  ScriptDice(Random random, List<Table> tables) {
    this.random = random;
    this.tables = tables;
  }

  /** Empties what an earlier case left, and puts in the first rows. */
  Script first() {
    List<Step> steps = new ArrayList<>();
    // Children first. TRUNCATE would do, but makes partitions look like new ones to ingest.
    for (int i = tables.size() - 1; i >= 0; i--) {
      String sql = "DELETE FROM " + tables.get(i).sql();
      steps.add(new Step(List.of(plain(sql)), false));
    }
    for (Table table : tables) {
      for (int i = 0; i < FIRST_ROWS; i++) {
        steps.add(new Step(List.of(plain(insert(table, 1))), false));
      }
    }
    return new Script(List.of(new Transaction(steps, false)));
  }

  Script script() {
    List<Transaction> transactions = new ArrayList<>();
    int count = 2 + random.nextInt(4);
    for (int t = 0; t < count; t++) {
      List<Step> steps = new ArrayList<>();
      for (int s = 1 + random.nextInt(3); s > 0; s--) {
        List<Statement> statements = new ArrayList<>();
        for (int i = 1 + random.nextInt(2); i > 0; i--) {
          statements.add(statement());
        }
        steps.add(new Step(statements, random.nextInt(6) == 0));
      }
      transactions.add(new Transaction(steps, random.nextInt(6) == 0));
    }
    return new Script(transactions);
  }

  private Statement statement() {
    Table table = Dice.one(random, tables);
    int dice = random.nextInt(100);
    if (dice < 22) {
      int rows = random.nextInt(3) == 0 ? 3 : 1;
      return plain(insert(table, rows) + (rows > 1 ? " ON CONFLICT DO NOTHING" : ""));
    }
    if (dice < 55) {
      return plain(update(table) + where(table));
    }
    if (dice < 63 && !table.key().isEmpty()) {
      return plain(newKey(table) + where(table));
    }
    if (dice < 75) {
      return plain("DELETE FROM " + table.sql() + where(table));
    }
    if (dice < 85 && !table.key().isEmpty()) {
      return plain(upsert(table));
    }
    if (dice < 90) {
      return truncate(table);
    }
    return dice < 95 ? plain(unchanged(table) + where(table)) : plain(twoTables(table));
  }

  private String insert(Table table, int rows) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      lastRow++;
      values.add(
          table.columns().stream()
              .map(this::value)
              .collect(Collectors.joining(", ", "(" + lastRow + ", ", ")")));
    }
    return "INSERT INTO %s AS tt (rid, %s) VALUES %s"
        .formatted(
            table.sql(),
            Table.list(table.columns().stream().map(Column::name).toList()),
            String.join(", ", values));
  }

  private String value(Column column) {
    return !column.required() && random.nextInt(5) == 0
        ? "NULL"
        : "(" + Dice.one(random, column.kind().values) + ")::" + column.kind().sqlType;
  }

  private String update(Table table) {
    List<Column> plain =
        table.columns().stream().filter(each -> !table.key().contains(each.name())).toList();
    return plain.isEmpty() ? unchanged(table) : set(table, Dice.some(random, plain, 3));
  }

  private String newKey(Table table) {
    return set(table, List.of(table.column(Dice.one(random, table.key()))));
  }

  private String set(Table table, List<Column> columns) {
    return "UPDATE " + table.sql() + " AS tt SET " + assignments(columns);
  }

  private String assignments(List<Column> columns) {
    return columns.stream()
        .map(column -> Table.quoted(column.name()) + " = " + assigned(column))
        .collect(Collectors.joining(", "));
  }

  private String assigned(Column column) {
    if (random.nextInt(5) == 0 && column.kind() == ColumnKind.WHOLE) {
      return "tt." + Table.quoted(column.name()) + " + 1";
    }
    return value(column);
  }

  private static String unchanged(Table table) {
    String column = Table.quoted(table.columns().get(0).name());
    return "UPDATE " + table.sql() + " AS tt SET " + column + " = tt." + column;
  }

  private String upsert(Table table) {
    List<Column> plain =
        table.columns().stream().filter(each -> !table.key().contains(each.name())).toList();
    String action =
        plain.isEmpty() || random.nextInt(4) == 0
            ? "NOTHING"
            : "UPDATE SET " + assignments(Dice.some(random, plain, 2));
    return insert(table, 1) + " ON CONFLICT (" + Table.list(table.key()) + ") DO " + action;
  }

  private Statement truncate(Table table) {
    boolean cascade = random.nextInt(3) > 0;
    Set<Integer> emptied = new TreeSet<>();
    empty(table, cascade, emptied);
    return new Statement("TRUNCATE " + table.sql() + (cascade ? " CASCADE" : ""), emptied);
  }

  private void empty(Table table, boolean cascade, Set<Integer> emptied) {
    if (!emptied.add(tables.indexOf(table)) || !cascade) {
      return;
    }
    tables.stream()
        .filter(each -> each.relation() != null && each.relation().parent().equals(table))
        .forEach(each -> empty(each, true, emptied));
  }

  private String twoTables(Table table) {
    Table other = Dice.one(random, tables);
    return "WITH gone AS (DELETE FROM "
        + table.sql()
        + where(table)
        + " RETURNING 1) "
        + insert(other.equals(table) ? tables.get(0) : other, 1);
  }

  private String where(Table table) {
    int dice = random.nextInt(10);
    if (dice == 0) {
      return "";
    }
    List<Column> plain = table.columns().stream().filter(each -> each.kind().plain).toList();
    if (dice < 5 || plain.isEmpty()) {
      return " WHERE rid % " + (2 + random.nextInt(4)) + " = 1";
    }
    Column column = Dice.one(random, plain);
    return " WHERE " + Table.quoted(column.name()) + " IS NOT DISTINCT FROM " + value(column);
  }

  private static Statement plain(String sql) {
    return new Statement(sql, Set.of());
  }
}
