package dev.cachetide.ingest;

import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.wire.TableName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Asks Postgres for the facts that {@link CaptureCheck} is made with. */
final class CaptureFactsQuery {

  /** A managed Postgres gives REPLICATION by membership in a role of its own. */
  private static final String SERVER =
      """
      SELECT current_user, current_setting('wal_level'),
             r.rolsuper OR r.rolreplication OR EXISTS (
               SELECT FROM pg_catalog.pg_roles managed
                WHERE managed.rolname = 'rds_replication'
                  AND pg_has_role(managed.oid, 'MEMBER')),
             has_database_privilege(current_database(), 'CREATE'),
             (SELECT count(*) FROM pg_catalog.pg_replication_slots)::int,
             current_setting('max_replication_slots')::int,
             EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE slot_name = ?),
             p.oid IS NOT NULL, coalesce(p.puballtables, false),
             coalesce(p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate
                      AND p.pubviaroot, false),
             coalesce(pg_has_role(p.pubowner, 'USAGE'), false)
        FROM pg_catalog.pg_roles r
        LEFT JOIN pg_catalog.pg_publication p ON p.pubname = ?
       WHERE r.rolname = current_user
      """;

  private static final String TABLES =
      """
      SELECT n.nspname, c.relname, pg_has_role(c.relowner, 'USAGE'),
             EXISTS (SELECT FROM pg_catalog.pg_publication_rel r
                       JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
                      WHERE r.prrelid = c.oid AND p.pubname = ?
                        AND r.prqual IS NULL AND r.prattrs IS NULL),
             EXISTS (SELECT FROM pg_catalog.pg_publication_tables t
                      WHERE (t.schemaname, t.tablename) IN (
                        SELECT pn.nspname, pc.relname
                          FROM pg_catalog.pg_class pc
                          JOIN pg_catalog.pg_namespace pn ON pn.oid = pc.relnamespace
                         WHERE pc.oid = c.oid
                            OR pc.oid IN (SELECT relid FROM pg_partition_tree(c.oid))))
        FROM unnest(?::text[], ?::text[]) AS asked(s, t)
        JOIN pg_catalog.pg_namespace n ON n.nspname = asked.s
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = asked.t
       WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
       ORDER BY 1, 2
      """;

  private final Connection connection;

  CaptureFactsQuery(Connection connection) {
    this.connection = connection;
  }

  CaptureFacts load(PipelineSettings settings) throws SQLException {
    String publication = settings.names().publication();
    List<CaptureFacts.Table> tables =
        tables(publication, new CapturedTables(settings).wanted(connection));
    try (PreparedStatement statement = connection.prepareStatement(SERVER)) {
      statement.setString(1, settings.names().slot());
      statement.setString(2, publication);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          throw new SQLException("the catalogue does not know the role of this session");
        }
        return new CaptureFacts(
            row.getString(1),
            row.getString(2),
            row.getBoolean(3),
            row.getBoolean(4),
            row.getInt(5),
            row.getInt(6),
            row.getBoolean(7),
            row.getBoolean(8),
            row.getBoolean(9),
            row.getBoolean(10),
            row.getBoolean(11),
            tables);
      }
    }
  }

  private List<CaptureFacts.Table> tables(String publication, Collection<TableName> names)
      throws SQLException {
    List<CaptureFacts.Table> tables = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(TABLES)) {
      statement.setString(1, publication);
      statement.setArray(2, texts(names.stream().map(TableName::schema).toList()));
      statement.setArray(3, texts(names.stream().map(TableName::table).toList()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          tables.add(
              new CaptureFacts.Table(
                  new TableName(row.getString(1), row.getString(2)),
                  row.getBoolean(3),
                  row.getBoolean(4),
                  row.getBoolean(5)));
        }
      }
    }
    return tables;
  }

  private Array texts(List<String> values) throws SQLException {
    return connection.createArrayOf("text", values.toArray());
  }
}
