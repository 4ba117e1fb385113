package dev.cachetide.ingest;

import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.wire.PipelineNames;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one session that makes this process the pipeline's ingest: it holds an advisory lock and
 * writes the heartbeat. When it is lost, so is the right to stream, and the next {@link #beat}
 * fails.
 *
 * <p>Commits without waiting for standbys: what it writes must get through while a synchronous
 * standby stalls, or ingest would take a slow standby for its own death. What a failover may lose
 * of it is made up for, because a new timeline counts as a gap.
 */
final class LeaderSession implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(LeaderSession.class);
  private static final String BEAT =
      """
      WITH beat AS (
        INSERT INTO cachetide.heartbeat AS h (pipeline, beat, at) VALUES (?, 1, clock_timestamp())
        ON CONFLICT (pipeline) DO UPDATE SET beat = h.beat + 1, at = clock_timestamp()
        RETURNING beat)
      SELECT beat.beat, coalesce(s.active, false),
             coalesce(pg_current_wal_lsn() - s.confirmed_flush_lsn, 0)::bigint,
             coalesce(pg_current_wal_lsn() - s.restart_lsn, 0)::bigint,
             s.wal_status, s.safe_wal_size
        FROM beat LEFT JOIN pg_catalog.pg_replication_slots s ON s.slot_name = ?
      """;
  private static final String TAKE =
      """
      SELECT pg_try_advisory_lock(%s)
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE slot_name = ? AND active)
      """
          .formatted(IngestSessions.LOCK);

  private final Connection connection;
  private final PipelineNames names;

  private LeaderSession(Connection connection, PipelineNames names) {
    this.connection = connection;
    this.names = names;
  }

  static LeaderSession open(PostgresConnector connector, PipelineNames names) throws SQLException {
    return new LeaderSession(withLocalCommits(connector), names);
  }

  /** A connection whose commits wait for this server's disk and for nobody else. */
  static Connection withLocalCommits(PostgresConnector connector) throws SQLException {
    Connection connection = connector.connect();
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET synchronous_commit = local");
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * Whether the lock is held now and nobody streams from the slot. A lock that was taken although
   * the slot is still busy is kept: its old reader is about to end.
   */
  boolean take() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(TAKE)) {
      statement.setString(1, names.slot());
      statement.setString(2, names.slot());
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        return result.getBoolean(1);
      }
    }
  }

  /** Writes the next heartbeat and looks at the slot. */
  Beat beat() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(BEAT)) {
      statement.setString(1, names.pipeline());
      statement.setString(2, names.slot());
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        return new Beat(
            result.getLong(1),
            result.getBoolean(2),
            result.getLong(3),
            result.getLong(4),
            result.getString(5),
            result.getObject(6, Long.class));
      }
    }
  }

  Connection connection() {
    return connection;
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      // The server ends the session, and with it the lock, when the socket is gone.
      log.atDebug().setCause(e).log("session did not close");
    }
  }

  /**
   * One heartbeat.
   *
   * @param number the row's
   * @param slotActive whether somebody streams from the slot
   * @param lagBytes how much WAL lies between what is acknowledged and the present
   * @param retainedBytes how much WAL the slot keeps on disk: from the oldest transaction on that
   *     is not wholly acknowledged
   * @param walStatus reserved, extended, unreserved or lost; null without a slot
   * @param safeBytes that may still be written before the slot is given up; null without a limit
   */
  record Beat(
      long number,
      boolean slotActive,
      long lagBytes,
      long retainedBytes,
      @Nullable String walStatus,
      @Nullable Long safeBytes) {}
}
