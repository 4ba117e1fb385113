package dev.cachetide.writebehind;

import dev.cachetide.runtime.settings.WriteTableSettings;
import dev.cachetide.wire.TableName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads what write-behind has to know of the listed tables from Postgres' catalogue. */
final class WriteCatalogQuery {

  private static final String LISTED =
      "listed AS (SELECT c.oid, c.relkind, n.nspname, c.relname FROM pg_class c"
          + " JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " JOIN unnest(?::text[], ?::text[]) AS l(s, t) ON n.nspname = l.s AND c.relname = l.t)";

  private static final String COLUMNS =
      "SELECT l.nspname, l.relname, l.relkind::text, a.attname, a.atttypid,"
          + " a.attgenerated <> '' OR a.attidentity = 'a', COALESCE(o.collisdeterministic, true),"
          + " a.attnotnull, a.atthasdef OR a.attidentity <> '', a.atttypmod"
          + " FROM listed l LEFT JOIN pg_attribute a"
          + " ON a.attrelid = l.oid AND a.attnum > 0 AND NOT a.attisdropped"
          + " LEFT JOIN pg_collation o ON o.oid = a.attcollation";

  /** The types of the columns, and below them those of domains and of arrays' elements. */
  private static final String USED =
      "used(oid) AS (SELECT a.atttypid FROM listed l JOIN pg_attribute a"
          + " ON a.attrelid = l.oid AND a.attnum > 0 AND NOT a.attisdropped"
          + " UNION SELECT CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.typelem END"
          + " FROM used JOIN pg_type t ON t.oid = used.oid"
          + " WHERE t.typtype = 'd' OR t.typcategory = 'A')";

  private static final String TYPES =
      "SELECT t.oid, n.nspname, t.typname, t.typtype::text, t.typcategory::text,"
          + " t.typbasetype, t.typelem,"
          + " ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid)"
          + " FROM used JOIN pg_type t ON t.oid = used.oid"
          + " JOIN pg_namespace n ON n.oid = t.typnamespace";

  /** Only what {@code ON CONFLICT} accepts: whole-table, of columns, checked at once. */
  private static final String UNIQUE =
      "SELECT l.nspname, l.relname, ARRAY(SELECT a.attname::text"
          + " FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(num, ord)"
          + " JOIN pg_attribute a ON a.attrelid = l.oid AND a.attnum = k.num"
          + " WHERE k.ord <= i.indnkeyatts)"
          + " FROM listed l JOIN pg_index i ON i.indrelid = l.oid"
          + " WHERE i.indisunique AND i.indimmediate AND i.indisvalid"
          + " AND i.indpred IS NULL AND i.indexprs IS NULL";

  /** All of them: whatever a row may be kept out by. */
  private static final String UNIQUES =
      "SELECT l.nspname, l.relname, ARRAY(SELECT a.attname::text FROM pg_attribute a"
          + " WHERE a.attrelid = l.oid AND a.attnum > 0 AND (EXISTS (SELECT"
          + " FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(num, ord)"
          + " WHERE k.ord <= i.indnkeyatts AND k.num = a.attnum)"
          + " OR i.indexprs IS NOT NULL AND EXISTS (SELECT FROM pg_depend d"
          + " WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid"
          + " AND d.refclassid = 'pg_class'::regclass AND d.refobjid = l.oid"
          + " AND d.refobjsubid = a.attnum)) ORDER BY a.attnum)"
          + " FROM listed l JOIN pg_index i ON i.indrelid = l.oid"
          + " WHERE i.indisunique AND i.indisvalid ORDER BY i.indexrelid";

  private static final String FOREIGN_KEYS =
      "SELECT p.nspname, p.relname, n.nspname, c.relname,"
          + " f.confdeltype NOT IN ('a', 'r'), f.confupdtype NOT IN ('a', 'r'),"
          + " ARRAY(SELECT a.attname::text FROM pg_attribute a"
          + " WHERE a.attrelid = p.oid AND a.attnum = ANY (f.confkey))"
          + " FROM listed p JOIN pg_constraint f ON f.confrelid = p.oid AND f.contype = 'f'"
          + " JOIN pg_class c ON c.oid = f.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace";

  private static final String CHECKS =
      "SELECT l.nspname, l.relname, pg_get_expr(f.conbin, f.conrelid),"
          + " ARRAY(SELECT a.attname::text FROM pg_attribute a"
          + " WHERE a.attrelid = l.oid AND a.attnum = ANY (f.conkey) ORDER BY a.attnum)"
          + " FROM listed l JOIN pg_constraint f ON f.conrelid = l.oid AND f.contype = 'c'"
          + " ORDER BY f.oid";

  /** What the listed tables refer to; of a partitioned one as a whole. */
  private static final String PARENTS =
      "SELECT l.nspname, l.relname, n.nspname, c.relname,"
          + columns("f.conrelid", "f.conkey")
          + ","
          + columns("f.confrelid", "f.confkey")
          + " FROM listed l JOIN pg_constraint f ON f.conrelid = l.oid AND f.contype = 'f'"
          + " JOIN pg_class c ON c.oid = f.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " WHERE f.conparentid = 0 ORDER BY f.oid";

  private static final String TRIGGERS =
      "SELECT l.nspname, l.relname, 'rule' FROM listed l JOIN pg_class c ON c.oid = l.oid"
          + " WHERE c.relhasrules"
          + " UNION ALL SELECT l.nspname, l.relname, t.tgname FROM listed l JOIN pg_trigger t"
          + " ON NOT t.tgisinternal AND (t.tgrelid = l.oid"
          + " OR t.tgrelid IN (SELECT relid FROM pg_partition_tree(l.oid)))";

  private static final String WITH = "WITH RECURSIVE " + LISTED + ", " + USED + " ";

  private static final String FINGERPRINT =
      Stream.of(COLUMNS, TYPES, UNIQUE, UNIQUES, FOREIGN_KEYS, CHECKS, PARENTS, TRIGGERS)
          .map(query -> "(SELECT string_agg(q::text, ';' ORDER BY q::text) FROM (" + query + ") q)")
          .collect(
              Collectors.joining(
                  ", ",
                  WITH + "SELECT encode(sha256(convert_to(ROW(",
                  ")::text, 'UTF8')), 'hex')"));

  private final List<WriteTableSettings> listed;

  WriteCatalogQuery(List<WriteTableSettings> listed) {
    this.listed = List.copyOf(listed);
  }

  /** Reads the catalogue; sees the tables as the connection's transaction does. */
  CatalogRows load(Connection connection) throws SQLException {
    Map<TableName, CatalogRows.Relation> relations = new HashMap<>();
    query(connection, WITH + COLUMNS, row -> addColumn(relations, row));
    Map<Long, CatalogRows.TypeRow> types = new HashMap<>();
    query(connection, WITH + TYPES, row -> types.put(row.getLong(1), type(row)));
    query(
        connection,
        WITH + UNIQUE,
        row -> relation(relations, row).uniqueKeys().add(java.util.Set.copyOf(names(row, 3))));
    query(connection, WITH + UNIQUES, row -> relation(relations, row).uniques().add(names(row, 3)));
    List<CatalogRows.ForeignKey> foreignKeys = new ArrayList<>();
    query(connection, WITH + FOREIGN_KEYS, row -> foreignKeys.add(foreignKey(row)));
    query(
        connection,
        WITH + CHECKS,
        row ->
            relation(relations, row)
                .checks()
                .add(new TargetTable.Check(row.getString(3), names(row, 4))));
    query(connection, WITH + PARENTS, row -> relation(relations, row).parents().add(parent(row)));
    query(
        connection,
        WITH + TRIGGERS,
        row -> relation(relations, row).triggers().add(row.getString(3)));
    return new CatalogRows(relations, types, foreignKeys);
  }

  /**
   * What {@link #load} would read, in one round trip and short: whenever it would read anything
   * else, this is another text.
   */
  String fingerprint(Connection connection) throws SQLException {
    List<String> found = new ArrayList<>(1);
    query(connection, FINGERPRINT, row -> found.add(row.getString(1)));
    return found.get(0);
  }

  private static String columns(String table, String numbers) {
    return " ARRAY(SELECT a.attname::text FROM unnest("
        + numbers
        + ") WITH ORDINALITY AS k(num, ord) JOIN pg_attribute a ON a.attrelid = "
        + table
        + " AND a.attnum = k.num ORDER BY k.ord)";
  }

  private static TargetTable.Parent parent(ResultSet row) throws SQLException {
    return new TargetTable.Parent(
        new TableName(row.getString(3), row.getString(4)), names(row, 5), names(row, 6));
  }

  private void query(Connection connection, String sql, RowReader reader) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, array(connection, WriteTableSettings::schema));
      statement.setArray(2, array(connection, WriteTableSettings::table));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          reader.read(rows);
        }
      }
    }
  }

  private Array array(
      Connection connection, java.util.function.Function<WriteTableSettings, String> name)
      throws SQLException {
    return connection.createArrayOf("text", listed.stream().map(name).toArray());
  }

  private static void addColumn(Map<TableName, CatalogRows.Relation> relations, ResultSet row)
      throws SQLException {
    CatalogRows.Relation relation = relation(relations, row);
    relation.kinds().add(row.getString(3));
    String column = row.getString(4);
    if (column != null) {
      relation
          .columns()
          .put(
              column,
              new CatalogRows.ColumnRow(
                  row.getLong(5),
                  row.getBoolean(6),
                  row.getBoolean(7),
                  new TargetColumn.Limits(row.getBoolean(8), row.getBoolean(9), row.getInt(10))));
    }
  }

  private static CatalogRows.Relation relation(
      Map<TableName, CatalogRows.Relation> relations, ResultSet row) throws SQLException {
    return relations.computeIfAbsent(
        new TableName(row.getString(1), row.getString(2)), name -> CatalogRows.Relation.empty());
  }

  private static CatalogRows.TypeRow type(ResultSet row) throws SQLException {
    return new CatalogRows.TypeRow(
        row.getString(2),
        row.getString(3),
        row.getString(4),
        row.getString(5),
        row.getLong(6),
        row.getLong(7),
        java.util.Set.copyOf(names(row, 8)));
  }

  private static CatalogRows.ForeignKey foreignKey(ResultSet row) throws SQLException {
    return new CatalogRows.ForeignKey(
        new TableName(row.getString(1), row.getString(2)),
        row.getString(3) + "." + row.getString(4),
        row.getBoolean(5),
        row.getBoolean(6),
        names(row, 7));
  }

  private static List<String> names(ResultSet row, int column) throws SQLException {
    return List.of((String[]) row.getArray(column).getArray());
  }

  private interface RowReader {
    void read(ResultSet row) throws SQLException;
  }
}
