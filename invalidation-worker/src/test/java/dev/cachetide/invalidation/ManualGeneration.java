package dev.cachetide.invalidation;

import java.sql.SQLException;

/** A Postgres that is asked and answers when the test says so. */
final class ManualGeneration implements GenerationWatch.Source {

  long generation;
  boolean away;
  boolean closed;
  int asked;

  /** Asks on the caller's thread. */
  GenerationWatch watch(java.util.function.LongSupplier nanoTime) {
    return new GenerationWatch(this, Runnable::run, () -> {}, nanoTime);
  }

  @Override
  public long current() throws SQLException {
    asked++;
    if (away) {
      throw new SQLException("away", "08006");
    }
    return generation;
  }

  @Override
  public void bump(String reason) throws SQLException {
    if (away) {
      throw new SQLException("away", "08006");
    }
    generation++;
  }

  @Override
  public void close() {
    closed = true;
  }
}
