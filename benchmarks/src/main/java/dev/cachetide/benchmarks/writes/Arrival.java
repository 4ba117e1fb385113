package dev.cachetide.benchmarks.writes;

import dev.cachetide.sandbox.SandboxPostgres;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * Sees a topic's commands arrive in Postgres, whoever writes them. The clock starts when the first
 * rows are there, and these are not counted: starting up is not measured. It ends when the last
 * command of every partition is there.
 */
final class Arrival {

  private static final long LIMIT_NANOS = 600_000_000_000L;
  private static final long PAUSE_NANOS = 2_000_000;
  private static final String FIRST = "SELECT count(*) FROM (SELECT FROM bench LIMIT 1) AS any_row";
  private static final String ALL = "SELECT count(*) FROM bench";
  private static final String LAST =
      "SELECT count(*) FROM unnest(?::bigint[], ?::text[]) AS u(id, name)"
          + " JOIN bench USING (id, name)";

  private final SandboxPostgres postgres;

  Arrival(SandboxPostgres postgres) {
    this.postgres = postgres;
  }

  /**
   * Waits until all commands have arrived and answers how many did in a second.
   *
   * @throws TimeoutException when they have not after ten minutes
   */
  double perSecond(Topic topic, int commands) throws SQLException, TimeoutException {
    try (Connection connection = postgres.connect();
        PreparedStatement first = connection.prepareStatement(FIRST);
        PreparedStatement all = connection.prepareStatement(ALL);
        PreparedStatement last = connection.prepareStatement(LAST)) {
      last.setArray(1, array(connection, "bigint", topic.lastRows(), Row::id));
      last.setArray(2, array(connection, "text", topic.lastRows(), Row::name));
      await(first, 1);
      long started = System.nanoTime();
      long before = count(all);
      await(last, topic.lastRows().size());
      return (commands - before) / ((System.nanoTime() - started) / 1e9);
    }
  }

  private static void await(PreparedStatement query, long count)
      throws SQLException, TimeoutException {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    while (count(query) < count) {
      if (System.nanoTime() - deadline > 0) {
        throw new TimeoutException("the commands have not arrived");
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private static long count(PreparedStatement query) throws SQLException {
    try (ResultSet row = query.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  private static Array array(
      Connection connection,
      String type,
      List<Row> rows,
      java.util.function.Function<Row, Object> column)
      throws SQLException {
    return connection.createArrayOf(type, rows.stream().map(column).toArray());
  }
}
