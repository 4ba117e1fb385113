package dev.cachetide.ingest;

import dev.cachetide.runtime.postgres.Catalog;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Refuses tables that cannot be captured, before the publication names them.
 *
 * <p>A published table without replica identity refuses everybody's UPDATE and DELETE, so capturing
 * one would break the application. Of a partitioned table the leaf partitions' identities count.
 */
final class TableCheck {

  private static final String LEAVES =
      """
      SELECT n.nspname, c.relname
        FROM pg_catalog.pg_class root
        JOIN pg_catalog.pg_namespace rn ON rn.oid = root.relnamespace
       CROSS JOIN LATERAL pg_catalog.pg_partition_tree(root.oid) AS tree
        JOIN pg_catalog.pg_class c ON c.oid = tree.relid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE rn.nspname = ? AND root.relname = ? AND tree.isleaf
      """;

  private TableCheck() {}

  /**
   * Returns when every one of these tables can be captured.
   *
   * @throws RefusedException naming the first that cannot, and the remedy
   */
  static void run(Connection connection, Collection<TableName> names)
      throws SQLException, RefusedException {
    Catalog catalog = Catalog.load(connection, names);
    Set<TableName> holdingRows = new TreeSet<>();
    for (TableName name : names) {
      TableInfo table =
          catalog
              .table(name)
              .orElseThrow(() -> new RefusedException("table " + name + " does not exist"));
      if (!table.isCapturable()) {
        throw new RefusedException(
            "the changes of " + name + " are not in the WAL: it is no ordinary, logged table");
      }
      checkColumns(table);
      if (table.kind() == 'p') {
        holdingRows.addAll(leaves(connection, name));
      } else {
        holdingRows.add(name);
      }
    }
    for (TableInfo table : Catalog.load(connection, holdingRows).tables()) {
      checkIdentity(table);
    }
  }

  /** Debezium keeps columns by name without case, and stops for good where two would be one. */
  private static void checkColumns(TableInfo table) throws RefusedException {
    Map<String, String> byName = new HashMap<>();
    for (ColumnInfo column : table.columns()) {
      String other = byName.put(column.name().toLowerCase(Locale.ROOT), column.name());
      if (other != null) {
        throw new RefusedException(
            "table "
                + table.name()
                + " has columns that differ by case alone, "
                + other
                + " and "
                + column.name()
                + ", which Debezium cannot tell apart: rename one of them");
      }
    }
  }

  private static void checkIdentity(TableInfo table) throws RefusedException {
    if (table.replicaIdentityColumns().isEmpty()) {
      throw new RefusedException(
          "table "
              + table.name()
              + " has neither primary key nor replica identity: ALTER TABLE "
              + table.quotedName()
              + " REPLICA IDENTITY FULL");
    }
  }

  private static Set<TableName> leaves(Connection connection, TableName root) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(LEAVES)) {
      statement.setString(1, root.schema());
      statement.setString(2, root.table());
      try (ResultSet result = statement.executeQuery()) {
        Set<TableName> leaves = new TreeSet<>();
        while (result.next()) {
          leaves.add(new TableName(result.getString(1), result.getString(2)));
        }
        return leaves;
      }
    }
  }
}
