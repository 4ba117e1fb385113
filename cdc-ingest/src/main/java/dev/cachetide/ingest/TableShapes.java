package dev.cachetide.ingest;

import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.TableName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Notices what changes rows without a row change, since the stream does not tell: a column added
 * with a default, dropped, renamed or computed anew by ALTER TABLE; a table dropped, made anew or
 * renamed; a partition attached, detached or emptied.
 *
 * <p>A table's shape is its identity, its replica identity, its columns with the transaction that
 * last touched the definition of each, and its partitions with the file of each. TRUNCATE of the
 * table itself is in the stream, so its own file does not count. The last shape is kept in {@code
 * cachetide.generation} under the table's name; writing another one raises that generation, and the
 * row travels through the slot to the workers, who evict what their rules name for the table. The
 * look comes after the commit of the DDL, so nothing that a reader has loaded before stays. What
 * happened while nobody looked is noticed at the next start.
 */
final class TableShapes {

  private static final String RECORD =
      """
      INSERT INTO cachetide.generation AS g (pipeline, scope, generation, reason, bumped_at)
      SELECT ?, now.scope, 1, now.shape, now()
        FROM (SELECT asked.s || '.' || asked.r AS scope, 'shape ' || coalesce(md5(
                  (SELECT string_agg(concat_ws(',', c.oid, c.relreplident,
                                     CASE WHEN c.oid <> root.oid THEN c.relfilenode END),
                                     ';' ORDER BY c.oid)
                     FROM pg_catalog.pg_class c
                    WHERE c.oid = root.oid OR c.oid IN (
                          SELECT relid FROM pg_catalog.pg_partition_tree(root.oid)))
                  || (SELECT string_agg(concat_ws(',', a.attnum, a.attname, a.atttypid,
                                        a.atttypmod, a.xmin), ';' ORDER BY a.attnum)
                        FROM pg_catalog.pg_attribute a
                       WHERE a.attrelid = root.oid AND a.attnum > 0)), 'none') AS shape
                FROM unnest(?::text[], ?::text[]) AS asked(s, r)
                LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = asked.s
                LEFT JOIN pg_catalog.pg_class root ON root.relnamespace = n.oid
                      AND root.relname = asked.r AND root.relkind IN ('r', 'p')) AS now
        LEFT JOIN cachetide.generation old ON old.pipeline = ? AND old.scope = now.scope
       WHERE old.reason IS DISTINCT FROM now.shape
      ON CONFLICT (pipeline, scope) DO UPDATE
        SET generation = g.generation + 1, reason = excluded.reason, bumped_at = now()
      RETURNING scope
      """;

  private static final String UNPUBLISHED =
      """
      SELECT EXISTS (
        SELECT FROM unnest(?::text[], ?::text[]) AS asked(s, r)
          JOIN pg_catalog.pg_namespace n ON n.nspname = asked.s
          JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = asked.r
           AND c.relkind IN ('r', 'p')
         WHERE NOT EXISTS (
               SELECT FROM pg_catalog.pg_publication_tables p
                WHERE p.pubname = ? AND p.schemaname = asked.s AND p.tablename = asked.r))
      """;

  private final Connection connection;
  private final PipelineNames names;

  TableShapes(Connection connection, PipelineNames names) {
    this.connection = connection;
    this.names = names;
  }

  /**
   * Records the shapes as they are now.
   *
   * @return the tables whose shape is another one than was recorded
   */
  List<String> record(Collection<TableName> tables) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(RECORD)) {
      statement.setString(1, names.pipeline());
      ask(statement, 2, tables);
      statement.setString(4, names.pipeline());
      List<String> changed = new ArrayList<>();
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          changed.add(result.getString(1));
        }
      }
      return changed;
    }
  }

  /** Whether one of the tables exists and is not published, as one that was made anew is not. */
  boolean isAnyUnpublished(Collection<TableName> tables) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(UNPUBLISHED)) {
      ask(statement, 1, tables);
      statement.setString(3, names.publication());
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        return result.getBoolean(1);
      }
    }
  }

  private void ask(PreparedStatement statement, int index, Collection<TableName> tables)
      throws SQLException {
    statement.setArray(index, texts(tables.stream().map(TableName::schema).toList()));
    statement.setArray(index + 1, texts(tables.stream().map(TableName::table).toList()));
  }

  private Array texts(List<String> values) throws SQLException {
    return connection.createArrayOf("text", values.toArray());
  }
}
