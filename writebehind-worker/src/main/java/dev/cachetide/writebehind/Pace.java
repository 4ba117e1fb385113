package dev.cachetide.writebehind;

import dev.cachetide.runtime.settings.WriteBehindSettings.BatchSettings;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How much the next transaction may take, and when the loop has to be let in between: while the
 * rate is used up, and after every two seconds of work on one poll. So neither a low rate nor a
 * slow Postgres makes the group take the worker for dead, or a stop wait.
 */
final class Pace {

  private static final long LONGEST_TURN_NANOS = 2_000_000_000L;

  private final BatchSize size;
  private final RateLimit rate;
  private final int maxBytes;
  private final LongSupplier nanoTime;
  private long turnBegan;
  private long transactionBegan;

  Pace(BatchSettings batch, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    size = new BatchSize(batch.maxRows(), batch.targetLatency());
    rate = new RateLimit(batch.maxRowsPerSecond(), nanoTime);
    maxBytes = batch.maxBytes();
    turnBegan = nanoTime.getAsLong();
  }

  /** The loop has handed something over. */
  void turnBegins() {
    turnBegan = nanoTime.getAsLong();
  }

  /** How many of the commands that are due may go into one transaction now; zero for not now. */
  int allowed(int due) {
    boolean letOthersIn = nanoTime.getAsLong() - turnBegan > LONGEST_TURN_NANOS;
    return letOthersIn ? 0 : rate.allowed(Math.min(due, size.commands()));
  }

  /** How long to wait after {@link #allowed} said zero; may be zero. */
  Duration pause(int due) {
    return rate.pause(Math.min(due, size.commands()));
  }

  /** The most bytes in one transaction. */
  int maxBytes() {
    return maxBytes;
  }

  /** A transaction with so many commands begins. */
  void begins(int commands) {
    rate.spent(commands);
    transactionBegan = nanoTime.getAsLong();
  }

  /** It has committed; answers how long it took. */
  Duration committed(int commands) {
    Duration took = Duration.ofNanos(nanoTime.getAsLong() - transactionBegan);
    size.committed(commands, took);
    return took;
  }

  /** It was lost. */
  void failed(int commands, SQLException failure) {
    if (SqlStates.isTimeout(failure.getSQLState())) {
      size.timedOut(commands);
    }
  }
}
