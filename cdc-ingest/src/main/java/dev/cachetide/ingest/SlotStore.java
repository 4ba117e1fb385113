package dev.cachetide.ingest;

import dev.cachetide.ingest.SlotCheck.Gap;
import dev.cachetide.ingest.SlotCheck.History;
import dev.cachetide.ingest.SlotCheck.Progress;
import dev.cachetide.ingest.SlotCheck.Slot;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.TableName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The slot and what is recorded about it, in SQL. Positions in the WAL are unsigned numbers. */
final class SlotStore {

  private static final String OBJECT_NOT_IN_PREREQUISITE_STATE = "55000";
  private static final int FAILOVER_SINCE = 17;

  /** The file name begins with the timeline that is written now; the control file's may be old. */
  private static final String HISTORY =
      """
      SELECT system_identifier,
             ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int
        FROM pg_catalog.pg_control_system()
      """;

  private static final String SLOT =
      """
      SELECT wal_status = 'lost', (confirmed_flush_lsn - '0/0'::pg_lsn)::text, plugin,
             database = current_database()
        FROM pg_catalog.pg_replication_slots WHERE slot_name = ?
      """;

  private static final String PROGRESS =
      """
      SELECT system_identifier, timeline, (acknowledged - '0/0'::pg_lsn)::text
        FROM cachetide.slot_progress WHERE slot = ?
      """;

  private static final String BUMP =
      """
      INSERT INTO cachetide.generation AS g (pipeline, scope, generation, reason, bumped_at)
      VALUES (?, '*', 1, ?, now())
      ON CONFLICT (pipeline, scope) DO UPDATE
        SET generation = g.generation + 1, reason = excluded.reason, bumped_at = now()
      """;

  private static final String RECORD =
      """
      INSERT INTO cachetide.slot_progress (slot, system_identifier, timeline, acknowledged)
      SELECT slot_name, ?, ?, confirmed_flush_lsn
        FROM pg_catalog.pg_replication_slots WHERE slot_name = ?
      ON CONFLICT (slot) DO UPDATE
        SET system_identifier = excluded.system_identifier, timeline = excluded.timeline,
            acknowledged = excluded.acknowledged, updated_at = now()
      """;

  private static final String CAPTURED =
      "SELECT table_schema, table_name FROM cachetide.captured_table WHERE slot = ?";
  private static final String NO_LONGER =
      """
      DELETE FROM cachetide.captured_table AS c WHERE slot = ? AND NOT EXISTS (
        SELECT FROM unnest(?::text[], ?::text[]) AS t(s, n)
         WHERE t.s = c.table_schema AND t.n = c.table_name)
      """;
  private static final String FROM_NOW_ON =
      """
      INSERT INTO cachetide.captured_table (slot, table_schema, table_name)
      SELECT ?, s, n FROM unnest(?::text[], ?::text[]) AS t(s, n)
      ON CONFLICT (slot, table_schema, table_name) DO NOTHING
      """;

  private final Connection connection;
  private final PipelineNames names;

  SlotStore(Connection connection, PipelineNames names) {
    this.connection = connection;
    this.names = names;
  }

  History history() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(HISTORY)) {
      result.next();
      return new History(result.getLong(1), result.getInt(2));
    }
  }

  /** Null when nothing is recorded. */
  @Nullable Progress progress() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(PROGRESS)) {
      statement.setString(1, names.slot());
      try (ResultSet result = statement.executeQuery()) {
        return result.next()
            ? new Progress(
                new History(result.getLong(1), result.getInt(2)), position(result.getString(3)))
            : null;
      }
    }
  }

  /**
   * Null when there is none.
   *
   * @throws SQLException also when a slot of that name is not ours to use
   */
  @Nullable Slot slot() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SLOT)) {
      statement.setString(1, names.slot());
      try (ResultSet result = statement.executeQuery()) {
        if (!result.next()) {
          return null;
        }
        if (!"pgoutput".equals(result.getString(3)) || !result.getBoolean(4)) {
          throw new SQLException(
              "slot " + names.slot() + " belongs to another database or plugin",
              OBJECT_NOT_IN_PREREQUISITE_STATE);
        }
        String confirmed = result.getString(2);
        return new Slot(result.getBoolean(1), confirmed == null ? 0 : position(confirmed));
      }
    }
  }

  /** The tables whose changes were read when this was last noted. */
  Set<TableName> captured() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(CAPTURED)) {
      statement.setString(1, names.slot());
      try (ResultSet result = statement.executeQuery()) {
        Set<TableName> captured = new TreeSet<>();
        while (result.next()) {
          captured.add(new TableName(result.getString(1), result.getString(2)));
        }
        return captured;
      }
    }
  }

  /**
   * Notes which tables' changes are read from now on. One that is left out has a gap when it comes
   * again, whatever the publication says: its changes were filtered out meanwhile.
   */
  void capture(Collection<TableName> tables) throws SQLException {
    note(NO_LONGER, tables);
    note(FROM_NOW_ON, tables);
  }

  private void note(String sql, Collection<TableName> tables) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, names.slot());
      statement.setArray(2, texts(tables.stream().map(TableName::schema).toList()));
      statement.setArray(3, texts(tables.stream().map(TableName::table).toList()));
      statement.executeUpdate();
    }
  }

  private Array texts(List<String> values) throws SQLException {
    return connection.createArrayOf("text", values.toArray());
  }

  /**
   * Makes sure that there is a usable slot, and then, in one transaction, bumps the generation and
   * records where the slot stands and what it tells of. The bump comes after the slot exists, so
   * that it travels through the slot itself to the workers.
   */
  void close(Gap gap, @Nullable Slot old, History history, Collection<TableName> tables)
      throws SQLException {
    if (gap.recreate()) {
      recreate(old != null);
    }
    connection.setAutoCommit(false);
    try (PreparedStatement bump = connection.prepareStatement(BUMP);
        PreparedStatement recorded = connection.prepareStatement(RECORD)) {
      bump.setString(1, names.pipeline());
      bump.setString(2, gap.cause().reason());
      bump.executeUpdate();
      recorded.setLong(1, history.systemIdentifier());
      recorded.setInt(2, history.timeline());
      recorded.setString(3, names.slot());
      recorded.executeUpdate();
      capture(tables);
      connection.commit();
    } finally {
      if (!connection.isClosed()) {
        connection.rollback();
        connection.setAutoCommit(true);
      }
    }
  }

  private void recreate(boolean drop) throws SQLException {
    boolean failover = connection.getMetaData().getDatabaseMajorVersion() >= FAILOVER_SINCE;
    String create = "SELECT pg_create_logical_replication_slot(?, 'pgoutput', false, false";
    if (drop) {
      execute("SELECT pg_drop_replication_slot(?)");
    }
    execute(create + (failover ? ", true)" : ")"));
  }

  private void execute(String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, names.slot());
      statement.execute();
    }
  }

  private static long position(String unsigned) {
    return Long.parseUnsignedLong(unsigned);
  }
}
