package dev.cachetide.benchmarks;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Single-row commits at a fixed rate: commit {@code i} is due at {@code i / rate} seconds and
 * changes the row {@code i}. A commit that is late is made at once, and its delay is not counted:
 * what is measured begins when its COMMIT returns.
 */
final class Load {

  private final String url;
  private final String user;
  private final int commits;
  private final int perSecond;
  private final int writers;

  Load(String url, String user, int commits, int perSecond, int writers) {
    this.url = url;
    this.user = user;
    this.commits = commits;
    this.perSecond = perSecond;
    this.writers = writers;
  }

  /**
   * Commits everything and returns when each commit returned, as {@link System#nanoTime}.
   *
   * @param table whose rows {@code 0 … commits - 1} are changed
   */
  AtomicLongArray run(String table) throws InterruptedException {
    AtomicLongArray committedAt = new AtomicLongArray(commits);
    long began = System.nanoTime();
    Thread[] threads = new Thread[writers];
    for (int w = 0; w < writers; w++) {
      int first = w;
      threads[w] = new Thread(() -> write(table, first, began, committedAt), "writer-" + w);
      threads[w].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return committedAt;
  }

  private void write(String table, int first, long began, AtomicLongArray committedAt) {
    try (Connection connection = DriverManager.getConnection(url, user, "");
        PreparedStatement update =
            connection.prepareStatement("UPDATE " + table + " SET n = n + 1 WHERE id = ?")) {
      for (int i = first; i < commits; i += writers) {
        awaitNanoTime(began + i * 1_000_000_000L / perSecond);
        update.setInt(1, i);
        update.executeUpdate();
        committedAt.set(i, System.nanoTime());
      }
    } catch (SQLException e) {
      throw new IllegalStateException("a writer failed", e);
    }
  }

  private static void awaitNanoTime(long due) {
    long left;
    while ((left = due - System.nanoTime()) > 0) {
      LockSupport.parkNanos(left);
    }
  }
}
