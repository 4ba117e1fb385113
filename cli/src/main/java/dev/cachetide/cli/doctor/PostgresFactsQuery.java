package dev.cachetide.cli.doctor;

import dev.cachetide.cli.doctor.PostgresFacts.RoleFacts;
import dev.cachetide.cli.doctor.PostgresFacts.Slot;
import dev.cachetide.cli.doctor.PostgresFacts.Table;
import dev.cachetide.cli.doctor.Program.Privilege;
import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Asks Postgres for {@link PostgresFacts}, reading the catalogue only. */
final class PostgresFactsQuery {

  private static final int WITH_FAILOVER = 17;
  private static final TableName REDIS_IDENTITY = new TableName("cachetide", "redis_identity");

  private static final String SERVER =
      """
      SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000,
             pg_is_in_recovery(), current_database(),
             (SELECT source FROM pg_catalog.pg_settings WHERE name = 'synchronous_commit'),
             (SELECT count(*) FROM pg_catalog.pg_replication_slots)::int,
             (SELECT count(*) FROM pg_catalog.pg_stat_replication)::int,
             (SELECT count(*) FROM pg_catalog.pg_replication_slots
               WHERE slot_type = 'physical' AND active)::int,
             r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolbypassrls,
             r.rolreplication
        FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
      """;

  private static final String SETTINGS =
      """
      SELECT name, setting FROM pg_catalog.pg_settings
       WHERE name IN ('wal_level', 'max_replication_slots', 'max_wal_senders', 'max_wal_size',
                      'max_slot_wal_keep_size', 'synchronous_commit', 'synchronized_standby_slots')
      """;

  private static final String SLOT =
      """
      SELECT coalesce(plugin, ''), active, coalesce(wal_status, ''), %s,
             database = current_database()
        FROM pg_catalog.pg_replication_slots WHERE slot_name = ?
      """;

  private static final String TABLES =
      """
      SELECT n.nspname, c.relname, has_schema_privilege(n.oid, 'USAGE'),
             pg_has_role(c.relowner, 'USAGE'),
             ARRAY(SELECT p FROM unnest(?::text[]) AS p WHERE has_table_privilege(c.oid, p)),
             row_security_active(c.oid) AND (
               NOT EXISTS (SELECT FROM pg_catalog.pg_policies o
                            WHERE o.schemaname = n.nspname AND o.tablename = c.relname
                              AND o.permissive = 'PERMISSIVE' AND o.cmd = 'ALL'
                              AND o.roles && ARRAY[current_user, 'public']::name[]
                              AND o.qual = 'true' AND coalesce(o.with_check, 'true') = 'true')
               OR EXISTS (SELECT FROM pg_catalog.pg_policies o
                           WHERE o.schemaname = n.nspname AND o.tablename = c.relname
                             AND o.permissive = 'RESTRICTIVE')),
             ARRAY(SELECT (SELECT string_agg(a.attname, ',' ORDER BY a.attname)
                             FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(num, ord)
                             JOIN pg_catalog.pg_attribute a
                               ON a.attrelid = c.oid AND a.attnum = k.num
                            WHERE k.ord <= i.indnkeyatts)
                     FROM pg_catalog.pg_index i
                    WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND i.indisvalid
                      AND i.indpred IS NULL AND i.indexprs IS NULL)
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p')
         AND (n.nspname = 'cachetide' OR (n.nspname, c.relname) IN (
               SELECT s, t FROM unnest(?::text[], ?::text[]) AS asked(s, t)))
      """;

  private final Connection connection;

  PostgresFactsQuery(Connection connection) {
    this.connection = connection;
  }

  /** The facts as they are now. */
  PostgresFacts load(PipelineNames names, Collection<TableName> needed) throws SQLException {
    long ahead = aheadMillis();
    Map<String, String> settings = settings();
    Map<TableName, Table> tables = tables(needed);
    int schema = CachetideSchema.installedVersion(connection);
    Set<String> certified = certified(names, tables.get(REDIS_IDENTITY));
    try (PreparedStatement statement = connection.prepareStatement(SERVER);
        ResultSet row = statement.executeQuery()) {
      if (!row.next()) {
        throw new SQLException("the catalogue does not know the role of this session");
      }
      return new PostgresFacts(
          row.getString(1),
          row.getInt(2),
          row.getBoolean(3),
          row.getString(4),
          settings,
          row.getString(5),
          row.getInt(6),
          row.getInt(7),
          row.getInt(8),
          role(row),
          schema,
          slot(names.slot(), row.getInt(2)),
          tables,
          certified,
          ahead);
    }
  }

  private static RoleFacts role(ResultSet row) throws SQLException {
    return new RoleFacts(
        row.getString(9),
        row.getBoolean(10),
        row.getBoolean(11),
        row.getBoolean(12),
        row.getBoolean(13),
        row.getBoolean(14));
  }

  private long aheadMillis() throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")) {
      statement.executeQuery().close();
      long before = System.currentTimeMillis();
      try (ResultSet row = statement.executeQuery()) {
        long here = (before + System.currentTimeMillis()) / 2;
        row.next();
        return row.getLong(1) - here;
      }
    }
  }

  private Map<String, String> settings() throws SQLException {
    Map<String, String> settings = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(SETTINGS);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        settings.put(row.getString(1), row.getString(2));
      }
    }
    return settings;
  }

  private @Nullable Slot slot(String name, int major) throws SQLException {
    String sql = SLOT.formatted(major >= WITH_FAILOVER ? "failover" : "false");
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, name);
      try (ResultSet row = statement.executeQuery()) {
        return row.next()
            ? new Slot(
                row.getString(1),
                row.getBoolean(2),
                row.getString(3),
                row.getBoolean(4),
                row.getBoolean(5))
            : null;
      }
    }
  }

  private Map<TableName, Table> tables(Collection<TableName> needed) throws SQLException {
    Map<TableName, Table> tables = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(TABLES)) {
      texts(statement, 1, Arrays.stream(Privilege.values()).map(Enum::name).toList());
      texts(statement, 2, needed.stream().map(TableName::schema).toList());
      texts(statement, 3, needed.stream().map(TableName::table).toList());
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          tables.put(new TableName(row.getString(1), row.getString(2)), table(row));
        }
      }
    }
    return tables;
  }

  private static Table table(ResultSet row) throws SQLException {
    Set<Privilege> held = EnumSet.noneOf(Privilege.class);
    for (String each : (String[]) row.getArray(5).getArray()) {
      held.add(Privilege.valueOf(each));
    }
    List<Set<String>> uniques = new ArrayList<>();
    for (String columns : (String[]) row.getArray(7).getArray()) {
      uniques.add(Arrays.stream(columns.split(",", -1)).collect(Collectors.toSet()));
    }
    return new Table(row.getBoolean(3), row.getBoolean(4), held, row.getBoolean(6), uniques);
  }

  private @Nullable Set<String> certified(PipelineNames names, @Nullable Table table)
      throws SQLException {
    if (table == null || !table.schemaUsable() || !table.held().contains(Privilege.SELECT)) {
      return null;
    }
    Set<String> runIds = new TreeSet<>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT run_id FROM cachetide.redis_identity WHERE pipeline = ?")) {
      statement.setString(1, names.pipeline());
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          runIds.add(row.getString(1));
        }
      }
    }
    return runIds;
  }

  private void texts(PreparedStatement statement, int index, List<String> values)
      throws SQLException {
    statement.setArray(index, connection.createArrayOf("text", values.toArray()));
  }
}
