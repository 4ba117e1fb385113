package dev.cachetide.invalidation;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks from time to time for tables that globs match by now, on a thread of its own. */
final class TableWatch implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(TableWatch.class);

  private final RuleUpdates updates;
  private final Duration interval;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "invalidate-tables");
            thread.setDaemon(true);
            return thread;
          });

  TableWatch(RuleUpdates updates, Duration interval) {
    this.updates = updates;
    this.interval = interval;
  }

  void start() {
    var unused =
        timer.scheduleWithFixedDelay(
            this::look, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look() {
    try {
      updates.lookForTables();
    } catch (SQLException e) {
      // The next look will tell; until then no table joins, and what it holds is not trusted yet.
      log.atDebug().setCause(e).log("Postgres does not tell its tables");
    } catch (RuntimeException e) {
      // Owner of the thread: an exception would end the schedule, and new tables with it.
      log.atWarn().setCause(e).log("looking for tables failed");
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
