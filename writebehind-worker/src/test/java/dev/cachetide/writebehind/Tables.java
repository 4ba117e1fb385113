package dev.cachetide.writebehind;

import dev.cachetide.runtime.settings.WriteTableSettings.Conflicts;
import dev.cachetide.wire.TableName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Tables as a catalogue might have them, for tests without one. */
final class Tables {

  static final PgType INT4 = pg("int4", PgType.Kind.INTEGER);
  static final PgType INT8 = pg("int8", PgType.Kind.INTEGER);
  static final PgType NUMERIC = pg("numeric", PgType.Kind.DECIMAL);
  static final PgType TEXT = pg("text", PgType.Kind.TEXT);
  static final PgType BOOL = pg("bool", PgType.Kind.BOOLEAN);
  static final PgType JSONB = pg("jsonb", PgType.Kind.JSON);
  static final PgType BYTEA = pg("bytea", PgType.Kind.BYTES);
  static final PgType UUID = pg("uuid", PgType.Kind.UUID);
  static final PgType TIMESTAMPTZ = pg("timestamptz", PgType.Kind.OTHER);

  private static final TargetTable.References ALONE =
      new TargetTable.References(0, false, Set.of());

  private Tables() {}

  static PgType pg(String name, PgType.Kind kind) {
    return new PgType("pg_catalog", name, kind, null);
  }

  static PgType arrayOf(PgType element) {
    return new PgType("pg_catalog", "_" + element.name(), PgType.Kind.ARRAY, element);
  }

  /** {@code id} is the key; {@code n} and {@code m} numbers, {@code a} and {@code b} text. */
  static TargetTable plain(String name) {
    return table(name, INT8, 0, false);
  }

  static TargetTable table(String name, PgType keyType, int rank, boolean cascadingDelete) {
    return table(
        name,
        keyType,
        new TargetTable.References(rank, cascadingDelete, Set.of()),
        List.of(),
        ConflictPolicy.LOG_ORDER);
  }

  /** Column {@code n} tells the version. */
  static TargetTable optimistic(String name) {
    return table(
        name,
        INT8,
        ALONE,
        List.of(),
        new ConflictPolicy(Conflicts.OPTIMISTIC, new TargetColumn("n", INT4, false, true)));
  }

  /** Column {@code a} is unique. */
  static TargetTable unique(String name) {
    return table(name, INT8, ALONE, List.of(List.of("a")), ConflictPolicy.LOG_ORDER);
  }

  static TargetTable with(Conflicts conflicts) {
    return table("t", INT8, ALONE, List.of(), new ConflictPolicy(conflicts, null));
  }

  private static TargetTable table(
      String name,
      PgType keyType,
      TargetTable.References references,
      List<List<String>> uniques,
      ConflictPolicy policy) {
    Map<String, TargetColumn> columns = new HashMap<>();
    add(columns, "id", keyType);
    add(columns, "n", INT4);
    add(columns, "m", NUMERIC);
    add(columns, "a", TEXT);
    add(columns, "b", TEXT);
    columns.put("g", new TargetColumn("g", INT4, true, true));
    return new TargetTable(
        new TableName("public", name),
        List.of(columns.get("id")),
        columns,
        true,
        references,
        uniques,
        policy);
  }

  private static void add(Map<String, TargetColumn> columns, String name, PgType type) {
    columns.put(name, new TargetColumn(name, type, false, true));
  }
}
