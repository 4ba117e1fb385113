package dev.cachetide.ingest;

import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.wire.PipelineNames;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records how far the slot may be flushed, before it is: about once a second, because the record
 * costs a commit and a position that is a second old costs only a few duplicates after a crash.
 * Used by one thread.
 */
final class SlotProgress implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(SlotProgress.class);
  private static final String OBJECT_NOT_IN_PREREQUISITE_STATE = "55000";
  private static final String SQL =
      """
      UPDATE cachetide.slot_progress
         SET acknowledged = greatest(acknowledged, '0/0'::pg_lsn + ?::numeric), updated_at = now()
       WHERE slot = ?
      """;

  private final Connection connection;
  private final PipelineNames names;
  private final Duration interval;
  private final LongSupplier nanoClock;
  private long lastNanos;

  private SlotProgress(
      Connection connection, PipelineNames names, Duration interval, LongSupplier nanoClock) {
    this.connection = connection;
    this.names = names;
    this.interval = interval;
    this.nanoClock = nanoClock;
    this.lastNanos = nanoClock.getAsLong() - interval.toNanos();
  }

  static SlotProgress open(
      PostgresConnector connector, PipelineNames names, Duration interval, LongSupplier nanoClock)
      throws SQLException {
    return new SlotProgress(LeaderSession.withLocalCommits(connector), names, interval, nanoClock);
  }

  /**
   * Whether the slot may now be flushed up to {@code position}: the record says so.
   *
   * @throws SQLException when it cannot be recorded; the slot must stay where it is
   */
  boolean permits(long position) throws SQLException {
    if (nanoClock.getAsLong() - lastNanos < interval.toNanos()) {
      return false;
    }
    try (PreparedStatement statement = connection.prepareStatement(SQL)) {
      statement.setString(1, Long.toUnsignedString(position));
      statement.setString(2, names.slot());
      if (statement.executeUpdate() != 1) {
        throw new SQLException(
            "the record of slot " + names.slot() + " is gone", OBJECT_NOT_IN_PREREQUISITE_STATE);
      }
    }
    lastNanos = nanoClock.getAsLong();
    return true;
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      // Every statement was committed by itself.
      log.atDebug().setCause(e).log("connection did not close");
    }
  }
}
