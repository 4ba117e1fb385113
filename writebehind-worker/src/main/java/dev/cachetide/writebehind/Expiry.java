package dev.cachetide.writebehind;

import dev.cachetide.runtime.settings.WriteBehindSettings;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Removes write ids and receipts that are older than they have to be kept.
 *
 * <p>Between batches, a bounded number of rows at a time and in a transaction of its own: no batch
 * waits for more than one such chunk, and what is missed today is removed tomorrow. Workers that do
 * it at the same time take different rows. Postgres' clock says how old a row is.
 */
final class Expiry {

  /** More than one batch adds, so that it keeps up; few enough to take milliseconds. */
  static final int CHUNK = 10_000;

  private static final Duration PAUSE = Duration.ofSeconds(10);
  private static final String WRITE_IDS = delete("cachetide.write_id", "applied_at");
  private static final String RECEIPTS = delete("cachetide.receipt", "committed_at");

  private final String group;
  private final Duration idempotenceWindow;
  private final Duration receiptRetention;
  private final LongSupplier nanoTime;
  private long due;

  Expiry(String group, WriteBehindSettings settings, LongSupplier nanoTime) {
    this.group = group;
    this.idempotenceWindow = settings.idempotenceWindow();
    this.receiptRetention = settings.receiptRetention();
    this.nanoTime = nanoTime;
    this.due = nanoTime.getAsLong();
  }

  /** Whether it is time to look again. */
  boolean isDue() {
    return nanoTime.getAsLong() - due >= 0;
  }

  /**
   * Removes a chunk of each.
   *
   * @return how many rows were removed
   * @throws SQLException when the environment failed; nothing is lost by trying much later
   */
  int run(Connection connection) throws SQLException {
    due = nanoTime.getAsLong() + PAUSE.toNanos();
    int ids = remove(connection, WRITE_IDS, idempotenceWindow);
    int receipts = remove(connection, RECEIPTS, receiptRetention);
    connection.commit();
    if (ids == CHUNK || receipts == CHUNK) {
      due = nanoTime.getAsLong();
    }
    return ids + receipts;
  }

  private int remove(Connection connection, String sql, Duration age) throws SQLException {
    try (PreparedStatement delete = connection.prepareStatement(sql)) {
      delete.setString(1, group);
      delete.setDouble(2, age.toMillis() / 1000.0);
      delete.setInt(3, CHUNK);
      return delete.executeUpdate();
    }
  }

  private static String delete(String table, String at) {
    return "DELETE FROM "
        + table
        + " WHERE ctid = ANY (ARRAY(SELECT ctid FROM "
        + table
        + " WHERE \"group\" = ? AND "
        + at
        + " < now() - make_interval(secs => ?) ORDER BY "
        + at
        + " LIMIT ? FOR UPDATE SKIP LOCKED))";
  }
}
