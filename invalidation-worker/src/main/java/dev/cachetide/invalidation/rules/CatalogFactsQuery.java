package dev.cachetide.invalidation.rules;

import dev.cachetide.invalidation.rules.CatalogFacts.PublishedTable;
import dev.cachetide.runtime.postgres.Catalog;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.wire.TableName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Asks Postgres for the facts that rules are checked with. */
public final class CatalogFactsQuery {

  /** Row filters and column lists are as old as this. */
  private static final int WITH_FILTERS = 15;

  private static final String LEAVES =
      "SELECT rn.nspname, root.relname, ln.nspname, leaf.relname"
          + " FROM unnest(?::text[], ?::text[]) AS asked(s, r)"
          + " JOIN pg_catalog.pg_namespace rn ON rn.nspname = asked.s"
          + " JOIN pg_catalog.pg_class root"
          + "   ON root.relnamespace = rn.oid AND root.relname = asked.r AND root.relkind = 'p'"
          + " CROSS JOIN LATERAL pg_catalog.pg_partition_tree(root.oid) AS tree"
          + " JOIN pg_catalog.pg_class leaf ON leaf.oid = tree.relid AND leaf.relkind <> 'p'"
          + " JOIN pg_catalog.pg_namespace ln ON ln.oid = leaf.relnamespace"
          + " ORDER BY 1, 2, 3, 4";
  private static final String PUBLISHED =
      "SELECT schemaname, tablename, attnames::text[], rowfilter IS NOT NULL"
          + " FROM unnest(?::text[], ?::text[]) AS asked(s, r)"
          + " JOIN pg_catalog.pg_publication_tables"
          + "   ON schemaname = asked.s AND tablename = asked.r AND pubname = ?";

  private final Connection connection;

  /** Asks over a connection that stays the caller's. */
  public CatalogFactsQuery(Connection connection) {
    this.connection = connection;
  }

  /**
   * The facts as they are now.
   *
   * @param publication of the pipeline, which need not exist
   * @throws SQLException when the server is away
   */
  public CatalogFacts load(RuleSet rules, String publication) throws SQLException {
    List<TableName> tables = RuleCatalogCheck.tables(rules);
    return new CatalogFacts(
        Catalog.load(connection, tables), leaves(tables), published(tables, publication));
  }

  private Map<TableName, List<TableInfo>> leaves(List<TableName> tables) throws SQLException {
    Map<TableName, List<TableName>> names = leafNames(tables);
    Catalog catalog =
        Catalog.load(connection, names.values().stream().flatMap(Collection::stream).toList());
    Map<TableName, List<TableInfo>> leaves = new HashMap<>();
    names.forEach(
        (root, leafNames) ->
            leaves.put(
                root, leafNames.stream().flatMap(leaf -> catalog.table(leaf).stream()).toList()));
    return leaves;
  }

  private Map<TableName, List<TableName>> leafNames(List<TableName> tables) throws SQLException {
    Map<TableName, List<TableName>> names = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(LEAVES)) {
      ask(statement, tables);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          names
              .computeIfAbsent(
                  new TableName(row.getString(1), row.getString(2)), root -> new ArrayList<>())
              .add(new TableName(row.getString(3), row.getString(4)));
        }
      }
    }
    return names;
  }

  private Map<TableName, PublishedTable> published(List<TableName> tables, String publication)
      throws SQLException {
    Map<TableName, PublishedTable> published = new HashMap<>();
    if (connection.getMetaData().getDatabaseMajorVersion() < WITH_FILTERS) {
      return published;
    }
    try (PreparedStatement statement = connection.prepareStatement(PUBLISHED)) {
      ask(statement, tables);
      statement.setString(3, publication);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          published.put(
              new TableName(row.getString(1), row.getString(2)),
              new PublishedTable(
                  List.of((String[]) row.getArray(3).getArray()), row.getBoolean(4)));
        }
      }
    }
    return published;
  }

  private void ask(PreparedStatement statement, List<TableName> tables) throws SQLException {
    statement.setArray(1, texts(tables.stream().map(TableName::schema).toList()));
    statement.setArray(2, texts(tables.stream().map(TableName::table).toList()));
  }

  private Array texts(List<String> values) throws SQLException {
    return connection.createArrayOf("text", values.toArray());
  }
}
