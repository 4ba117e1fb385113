package dev.cachetide.system.oracle;

import dev.cachetide.system.oracle.ColumnKind.Making;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A table of a case. Its column {@code rid} tells rows apart whatever else of them changes; no rule
 * knows it.
 *
 * @param columns without rid
 * @param key names of the primary key's columns; empty when there is none
 * @param indexed the unique index that REPLICA IDENTITY USING INDEX names; empty when it is not
 *     used
 * @param full which of the relations that hold rows have REPLICA IDENTITY FULL
 * @param partitionedBy the column by whose hash; empty when it is not partitioned
 * @param relation to the table of which this one holds rows' keys; null when there is none
 */
record Table(
    String schema,
    String name,
    List<Column> columns,
    List<String> key,
    List<String> indexed,
    List<Boolean> full,
    String partitionedBy,
    Relation relation) {

  static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  String sql() {
    return quoted(schema) + "." + quoted(name);
  }

  /** The table and all that hangs on it. */
  List<String> ddl() {
    List<String> all = new ArrayList<>();
    List<String> parts = new ArrayList<>(List.of("rid int NOT NULL"));
    columns.forEach(column -> parts.add(column.ddl()));
    if (!key.isEmpty()) {
      parts.add("PRIMARY KEY (" + list(key) + ")");
    }
    if (relation != null) {
      parts.add(relation.ddl());
    }
    all.add(
        "CREATE TABLE "
            + sql()
            + " ("
            + String.join(", ", parts)
            + ")"
            + (partitioned() ? " PARTITION BY HASH (" + quoted(partitionedBy) + ")" : ""));
    for (int i = 0; partitioned() && i < full.size(); i++) {
      all.add(
          "CREATE TABLE %s PARTITION OF %s FOR VALUES WITH (MODULUS %d, REMAINDER %d)"
              .formatted(storage(i), sql(), full.size(), i));
    }
    IntStream.range(0, full.size()).forEach(i -> all.addAll(identity(i)));
    return all;
  }

  boolean partitioned() {
    return !partitionedBy.isEmpty();
  }

  private String storage(int i) {
    return partitioned() ? quoted(schema) + "." + quoted(name + "_" + i) : sql();
  }

  private List<String> identity(int i) {
    String alter = "ALTER TABLE " + storage(i) + " REPLICA IDENTITY ";
    if (full.get(i)) {
      return List.of(alter + "FULL");
    }
    if (indexed.isEmpty()) {
      return List.of();
    }
    String index = quoted(name + "_" + i + "_identity");
    return List.of(
        "CREATE UNIQUE INDEX " + index + " ON " + storage(i) + " (" + list(indexed) + ", rid)",
        alter + "USING INDEX " + index);
  }

  /** Columns whose old values the WAL tells wherever a row is stored. */
  Set<String> told() {
    Set<String> told = new TreeSet<>(columns.stream().map(Column::name).toList());
    if (full.contains(false)) {
      told.retainAll(indexed.isEmpty() ? key : indexed);
    }
    return told;
  }

  /** Whether an event may leave a column's value out although the row has it. */
  boolean mayBeLeftOut(Column column) {
    return column.kind() == ColumnKind.LONG && full.contains(false);
  }

  Column column(String wanted) {
    return columns.stream().filter(each -> each.name().equals(wanted)).findFirst().orElseThrow();
  }

  /** One row for each row: rid, where it is stored, and what each column's makings come to. */
  String look(int number) {
    String texts =
        columns.stream()
            .flatMap(column -> column.kind().makings.stream().map(making -> sql(column, making)))
            .map(sql -> "to_json(" + sql + ")")
            .collect(Collectors.joining(", "));
    return "SELECT %d, rid, tableoid::int, ctid::text, json_build_array(%s)::text FROM %s"
        .formatted(number, texts, sql());
  }

  private static String sql(Column column, Making making) {
    return making.sql().replace("%s", quoted(column.name()));
  }

  static String list(List<String> names) {
    return names.stream().map(Table::quoted).collect(Collectors.joining(", "));
  }

  /** A column of a table. */
  record Column(String name, ColumnKind kind, boolean required) {

    String ddl() {
      return quoted(name) + " " + kind.sqlType + (required ? " NOT NULL" : "");
    }
  }

  /**
   * A foreign key.
   *
   * @param column of this table
   * @param actions what becomes of this table's rows
   */
  record Relation(String column, Table parent, String actions) {

    String ddl() {
      return "FOREIGN KEY (%s) REFERENCES %s (%s) %s"
          .formatted(quoted(column), parent.sql(), list(parent.key()), actions);
    }
  }
}
