package dev.cachetide.ingest;

import dev.cachetide.ingest.SlotCheck.Gap;
import dev.cachetide.ingest.SlotCheck.History;
import dev.cachetide.ingest.SlotCheck.Progress;
import dev.cachetide.ingest.SlotCheck.Slot;
import dev.cachetide.wire.PipelineNames;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
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

  /**
   * Makes sure that there is a usable slot, and then, in one transaction, bumps the generation and
   * records where the slot stands. The bump comes after the slot exists, so that it travels through
   * the slot itself to the workers.
   */
  void close(Gap gap, @Nullable Slot old, History history) throws SQLException {
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
