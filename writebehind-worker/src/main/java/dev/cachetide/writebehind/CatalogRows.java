package dev.cachetide.writebehind;

import dev.cachetide.runtime.settings.WriteTableSettings;
import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the catalogue said about the listed tables, and what follows from it. */
record CatalogRows(
    Map<TableName, Relation> relations, Map<Long, TypeRow> types, List<ForeignKey> foreignKeys) {

  /** Ordinary and partitioned tables; anything else has no rows of its own to write. */
  private static final Set<String> TABLE_KINDS = Set.of("r", "p");

  /** What keeps a listed table from being written to; empty when nothing does. */
  List<Mistake> mistakes(WriteTableSettings listed) {
    Relation relation = relations.get(name(listed));
    if (relation == null) {
      return List.of(
          new Mistake(
              ".table",
              "table " + name(listed) + " does not exist",
              "create it, or correct the name; case counts"));
    }
    if (!TABLE_KINDS.containsAll(relation.kinds())) {
      return List.of(
          new Mistake(
              ".table", name(listed) + " is not a table", "list the table that holds the rows"));
    }
    List<Mistake> mistakes = new ArrayList<>();
    for (String column : listed.key()) {
      if (!relation.columns().containsKey(column)) {
        mistakes.add(
            new Mistake(
                ".key",
                "table " + name(listed) + " has no column '" + column + "'",
                "use one of " + new TreeSet<>(relation.columns().keySet())));
      }
    }
    String version = listed.version();
    if (version != null && !relation.columns().containsKey(version)) {
      mistakes.add(
          new Mistake(
              ".version",
              "table " + name(listed) + " has no column '" + version + "'",
              "use one of " + new TreeSet<>(relation.columns().keySet())));
    }
    return mistakes;
  }

  /** The tables that can be written to, and why the others cannot. */
  WriteCatalog catalog(List<WriteTableSettings> listed) {
    Map<TableName, Integer> ranks = ranks();
    Map<TableName, TargetTable> tables = new HashMap<>();
    Map<TableName, String> unusable = new HashMap<>();
    for (WriteTableSettings settings : listed) {
      List<Mistake> mistakes = mistakes(settings);
      Relation relation = relations.get(name(settings));
      if (relation == null || !mistakes.isEmpty()) {
        unusable.put(name(settings), mistakes.get(0).message());
      } else {
        tables.put(name(settings), table(settings, relation, ranks));
      }
    }
    return new WriteCatalog(tables, unusable);
  }

  private TargetTable table(
      WriteTableSettings settings, Relation relation, Map<TableName, Integer> ranks) {
    TableName name = name(settings);
    Map<String, TargetColumn> columns = new LinkedHashMap<>();
    relation
        .columns()
        .forEach(
            (column, row) ->
                columns.put(
                    column,
                    new TargetColumn(
                        column,
                        type(row.typeOid()),
                        row.generated(),
                        row.deterministic(),
                        row.limits())));
    List<TargetColumn> key = new ArrayList<>();
    settings.key().forEach(column -> key.add(columns.get(column)));
    boolean cascadingDelete = false;
    Set<String> cascadingColumns = new HashSet<>();
    Set<String> referenced = new HashSet<>();
    for (ForeignKey foreignKey : foreignKeys) {
      if (foreignKey.parent().equals(name)) {
        cascadingDelete |= foreignKey.cascadingDelete();
        cascadingColumns.addAll(foreignKey.cascadingColumns());
        referenced.addAll(foreignKey.columns());
      }
    }
    return new TargetTable(
        name,
        key,
        columns,
        relation.uniqueKeys().contains(Set.copyOf(settings.key())),
        new TargetTable.References(ranks.getOrDefault(name, 0), cascadingDelete, cascadingColumns),
        relation.uniques().stream()
            .filter(unique -> !Set.copyOf(unique).equals(Set.copyOf(settings.key())))
            .toList(),
        required(columns, settings.key()),
        new TargetTable.Constraints(
            relation.checks(), relation.parents(), referenced, relation.hasTriggers()),
        new ConflictPolicy(
            settings.conflicts(),
            settings.version() == null ? null : columns.get(settings.version())));
  }

  private static List<TargetColumn> required(Map<String, TargetColumn> columns, List<String> key) {
    return columns.values().stream()
        .filter(column -> column.limits().notNull() && !column.limits().defaulted())
        .filter(column -> !key.contains(column.name()))
        .toList();
  }

  /** Longest path from a table without parents; tables on a cycle get some rank, which is safe. */
  private Map<TableName, Integer> ranks() {
    Map<String, TableName> listed = new HashMap<>();
    relations.keySet().forEach(name -> listed.put(name.toString(), name));
    Map<TableName, Integer> ranks = new HashMap<>();
    for (int round = 0; round < relations.size(); round++) {
      for (ForeignKey foreignKey : foreignKeys) {
        TableName child = listed.get(foreignKey.child());
        if (child != null && !child.equals(foreignKey.parent())) {
          int above = Math.min(round, ranks.getOrDefault(foreignKey.parent(), 0)) + 1;
          ranks.merge(child, above, Math::max);
        }
      }
    }
    return ranks;
  }

  private PgType type(long oid) {
    TypeRow row = types.get(oid);
    if (row == null) {
      throw new IllegalStateException("type " + oid + " is not in the catalogue");
    }
    if (row.type().equals("d")) {
      return type(row.base());
    }
    PgType.Kind kind = kind(row);
    return new PgType(
        row.schema(),
        row.name(),
        kind,
        kind == PgType.Kind.ARRAY ? type(row.element()) : null,
        row.labels());
  }

  private static PgType.Kind kind(TypeRow row) {
    var builtIn = row.schema().equals("pg_catalog") ? builtIn(row.name()) : null;
    if (builtIn != null) {
      return builtIn;
    }
    if (row.type().equals("e")) {
      return PgType.Kind.ENUM;
    }
    return switch (row.category()) {
      case "A" -> row.element() == 0 ? PgType.Kind.OTHER : PgType.Kind.ARRAY;
      case "N" -> PgType.Kind.OTHER_NUMBER;
      default -> PgType.Kind.OTHER;
    };
  }

  private static PgType.@Nullable Kind builtIn(String name) {
    return switch (name) {
      case "int2", "int4", "int8" -> PgType.Kind.INTEGER;
      case "numeric" -> PgType.Kind.DECIMAL;
      case "float4", "float8" -> PgType.Kind.FLOAT;
      case "bool" -> PgType.Kind.BOOLEAN;
      case "text", "varchar" -> PgType.Kind.TEXT;
      case "uuid" -> PgType.Kind.UUID;
      case "bytea" -> PgType.Kind.BYTES;
      case "json", "jsonb" -> PgType.Kind.JSON;
      default -> null;
    };
  }

  private static TableName name(WriteTableSettings settings) {
    return new TableName(settings.schema(), settings.table());
  }

  /**
   * A mistake in a listed table's settings.
   *
   * @param path below the table's own
   */
  record Mistake(String path, String message, String fix) {}

  /**
   * A relation of a listed name.
   *
   * @param kinds {@code pg_class.relkind}
   * @param uniqueKeys column sets that {@code ON CONFLICT} accepts
   * @param uniques the columns of every unique index, those in its expressions as well
   * @param triggers not empty when the user's triggers or rules have a say
   */
  record Relation(
      Set<String> kinds,
      Map<String, ColumnRow> columns,
      Set<Set<String>> uniqueKeys,
      Set<List<String>> uniques,
      List<TargetTable.Check> checks,
      List<TargetTable.Parent> parents,
      Set<String> triggers) {
    static Relation empty() {
      return new Relation(
          new HashSet<>(),
          new LinkedHashMap<>(),
          new HashSet<>(),
          new LinkedHashSet<>(),
          new ArrayList<>(),
          new ArrayList<>(),
          new HashSet<>());
    }

    boolean hasTriggers() {
      return !triggers.isEmpty();
    }
  }

  record ColumnRow(
      long typeOid, boolean generated, boolean deterministic, TargetColumn.Limits limits) {}

  /** A row of {@code pg_type}. */
  record TypeRow(
      String schema,
      String name,
      String type,
      String category,
      long base,
      long element,
      Set<String> labels) {}

  /**
   * A foreign key that refers to a listed table.
   *
   * @param child {@code schema.table}, listed or not
   * @param columns of the parent
   * @param cascadingUpdate whether Postgres carries on a change of those
   */
  record ForeignKey(
      TableName parent,
      String child,
      boolean cascadingDelete,
      boolean cascadingUpdate,
      List<String> columns) {

    List<String> cascadingColumns() {
      return cascadingUpdate ? columns : List.of();
    }
  }
}
