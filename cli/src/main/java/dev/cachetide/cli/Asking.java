package dev.cachetide.cli;

import java.io.PrintWriter;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Says on stderr which server is being asked, once that takes longer than two seconds. */
final class Asking implements AutoCloseable {

  private static final long SILENT_SECONDS = 2;

  private final PrintWriter err;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "asking");
            thread.setDaemon(true);
            return thread;
          });
  private @Nullable ScheduledFuture<?> saying;

  Asking(PrintWriter err) {
    this.err = err;
  }

  /** From now on it is this one that is asked. */
  void next(Object server) {
    quiet();
    saying = timer.schedule(() -> say(server), SILENT_SECONDS, TimeUnit.SECONDS);
  }

  private void say(Object server) {
    err.println("asking " + server + " …");
    err.flush();
  }

  private void quiet() {
    if (saying != null) {
      saying.cancel(false);
    }
  }

  @Override
  public void close() {
    quiet();
    timer.shutdownNow();
  }
}
