package dev.cachetide.invalidation.lookup;

import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Asks Postgres how one table points at another. */
final class ForeignKeys {

  private static final String SQL =
      "SELECT k.conname,"
          + columns("k.conkey", "k.conrelid")
          + ","
          + columns("k.confkey", "k.confrelid")
          + " FROM pg_catalog.pg_constraint k"
          + " JOIN pg_catalog.pg_class r ON r.oid = k.conrelid"
          + " JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace"
          + " JOIN pg_catalog.pg_class s ON s.oid = k.confrelid"
          + " JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace"
          + " WHERE k.contype = 'f' AND rn.nspname = ? AND r.relname = ?"
          + " AND sn.nspname = ? AND s.relname = ?"
          + " ORDER BY k.conname";

  private ForeignKeys() {}

  private static String columns(String numbers, String relation) {
    return " (SELECT array_agg(a.attname::text ORDER BY n.place)"
        + " FROM unnest("
        + numbers
        + ") WITH ORDINALITY AS n(number, place)"
        + " JOIN pg_catalog.pg_attribute a ON a.attnum = n.number AND a.attrelid = "
        + relation
        + ")";
  }

  /** Those of a table to another, by name. */
  static List<ForeignKey> load(Connection connection, TableName from, TableName to)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SQL)) {
      statement.setString(1, from.schema());
      statement.setString(2, from.table());
      statement.setString(3, to.schema());
      statement.setString(4, to.table());
      List<ForeignKey> keys = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          keys.add(
              new ForeignKey(
                  row.getString(1),
                  List.of((String[]) row.getArray(2).getArray()),
                  List.of((String[]) row.getArray(3).getArray())));
        }
      }
      return keys;
    }
  }

  /** One of them; the lists belong together place by place. */
  record ForeignKey(String name, List<String> columns, List<String> references) {}
}
