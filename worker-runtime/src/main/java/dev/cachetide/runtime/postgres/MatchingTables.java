package dev.cachetide.runtime.postgres;

import dev.cachetide.runtime.settings.TablePattern;
import dev.cachetide.wire.TableName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The tables that globs match now. Only tables: of a partitioned one the root, never its
 * partitions, since changes come under the root's name; nothing of Postgres's own schemas and
 * nothing of Cachetide's.
 */
public final class MatchingTables {

  private static final String SQL =
      """
      SELECT DISTINCT n.nspname, c.relname
        FROM unnest(?::text[], ?::text[]) AS asked(s, r)
        JOIN pg_catalog.pg_namespace n ON n.nspname LIKE asked.s
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname LIKE asked.r
       WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
         AND n.nspname NOT IN ('cachetide', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
      """;

  private MatchingTables() {}

  /**
   * Asks in one statement; without a glob, nothing is asked.
   *
   * @param patterns those that are no globs are passed over
   * @throws SQLException when the server is away
   */
  public static Set<TableName> find(Connection connection, Collection<TablePattern> patterns)
      throws SQLException {
    List<TablePattern> globs = patterns.stream().filter(TablePattern::isGlob).distinct().toList();
    Set<TableName> found = new TreeSet<>();
    if (globs.isEmpty()) {
      return found;
    }
    try (PreparedStatement statement = connection.prepareStatement(SQL)) {
      statement.setArray(1, like(connection, globs.stream().map(TablePattern::schema).toList()));
      statement.setArray(2, like(connection, globs.stream().map(TablePattern::table).toList()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          found.add(new TableName(row.getString(1), row.getString(2)));
        }
      }
    }
    return found;
  }

  private static Array like(Connection connection, List<String> globs) throws SQLException {
    return connection.createArrayOf(
        "text",
        globs.stream()
            .map(
                glob -> glob.replaceAll("([%_\\\\])", "\\\\$1").replace('*', '%').replace('?', '_'))
            .toArray());
  }
}
