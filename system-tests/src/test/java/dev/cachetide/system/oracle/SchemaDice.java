package dev.cachetide.system.oracle;

import dev.cachetide.system.oracle.Table.Column;
import dev.cachetide.system.oracle.Table.Relation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Schemas by chance: three to six tables, most of them related. */
final class SchemaDice {

  private static final List<String> NAMES =
      List.of("name", "Title", "unit price", "größe", "state", "old.z", "x|y", "a\"b", "note", "n");
  private static final List<ColumnKind> KEYS =
      List.of(ColumnKind.WHOLE, ColumnKind.WHOLE, ColumnKind.BIG, ColumnKind.TEXT, ColumnKind.UUID);
  private static final List<String> ACTIONS =
      List.of("ON DELETE CASCADE ON UPDATE CASCADE", "ON DELETE SET NULL ON UPDATE CASCADE", "");

  private final Random random;

  SchemaDice(Random random) {
    this.random = random;
  }

  List<Table> tables(String schema) {
    List<Table> tables = new ArrayList<>();
    int count = 3 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      tables.add(table(schema, "t" + i, tables));
    }
    return tables;
  }

  private Table table(String schema, String name, List<Table> earlier) {
    List<Column> columns = new ArrayList<>();
    List<String> key = new ArrayList<>();
    int keys = random.nextInt(10) == 0 ? 0 : random.nextInt(4) == 0 ? 2 : 1;
    for (int i = 0; i < keys; i++) {
      columns.add(new Column(i == 0 ? "id" : "part", Dice.one(random, KEYS), true));
      key.add(columns.get(i).name());
    }
    List<String> names = new ArrayList<>(NAMES);
    Collections.shuffle(names, random);
    for (String each : names.subList(0, 3 + random.nextInt(3))) {
      ColumnKind kind = Dice.one(random, List.of(ColumnKind.values()));
      columns.add(new Column(each, kind, kind.plain && random.nextInt(3) == 0));
    }
    Relation relation = relation(earlier, columns);
    String partitionedBy = random.nextInt(5) == 0 ? partitionedBy(columns, key) : "";
    List<Boolean> full = new ArrayList<>();
    boolean whole = keys == 0 || random.nextBoolean();
    for (int i = 0; i < (partitionedBy.isEmpty() ? 1 : 3); i++) {
      full.add(whole || (!partitionedBy.isEmpty() && random.nextInt(6) == 0));
    }
    return new Table(
        schema,
        name,
        columns,
        key,
        full.contains(false) ? indexed(columns, key) : List.of(),
        full,
        partitionedBy,
        relation);
  }

  private Relation relation(List<Table> earlier, List<Column> columns) {
    List<Table> parents = earlier.stream().filter(each -> each.key().size() == 1).toList();
    if (parents.isEmpty() || random.nextInt(4) == 0) {
      return null;
    }
    Table parent = Dice.one(random, parents);
    Column column = new Column("parent", parent.column(parent.key().get(0)).kind(), false);
    columns.add(column);
    return new Relation(column.name(), parent, Dice.one(random, ACTIONS));
  }

  /** Columns of a unique index that may or may not hold the primary key. */
  private List<String> indexed(List<Column> columns, List<String> key) {
    List<String> indexed = new ArrayList<>();
    if (random.nextBoolean()) {
      return indexed;
    }
    for (Column column : columns) {
      if (column.required() && (key.contains(column.name()) || random.nextBoolean())) {
        indexed.add(column.name());
      }
    }
    return indexed;
  }

  /** A primary key must hold the column; without one a row can move and stay the same row. */
  private static String partitionedBy(List<Column> columns, List<String> key) {
    return key.isEmpty()
        ? columns.stream()
            .filter(column -> column.kind().plain)
            .map(Column::name)
            .findFirst()
            .orElse("")
        : key.get(0);
  }
}
