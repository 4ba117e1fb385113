package dev.cachetide.writebehind;

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
        rank,
        cascadingDelete,
        Set.of());
  }

  private static void add(Map<String, TargetColumn> columns, String name, PgType type) {
    columns.put(name, new TargetColumn(name, type, false, true));
  }
}
