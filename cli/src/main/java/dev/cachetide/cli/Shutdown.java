package dev.cachetide.cli;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * SIGTERM and Ctrl-C as a request to drain.
 *
 * <p>The JVM answers a signal by running its hooks, and ends when they return, so the hook waits
 * until the command has drained and then ends the process with the command's own exit code: a
 * drained worker is no failure.
 */
final class Shutdown {

  private static final Duration LONGEST_DRAIN = Duration.ofSeconds(60);

  private static final CompletableFuture<Void> ASKED = new CompletableFuture<>();
  private static final CompletableFuture<Integer> CODE = new CompletableFuture<>();
  private static boolean listening;

  private Shutdown() {}

  /** Completes when a signal has asked the process to end. The first call begins to listen. */
  static synchronized CompletableFuture<Void> asked() {
    if (!listening) {
      Runtime.getRuntime().addShutdownHook(new Thread(Shutdown::drain, "drain"));
      listening = true;
    }
    return ASKED;
  }

  /** Ends the process; the command has released everything. */
  static void exit(int code) {
    CODE.complete(code);
    if (!ASKED.isDone()) {
      System.exit(code);
    }
  }

  private static void drain() {
    if (CODE.isDone()) {
      return;
    }
    ASKED.complete(null);
    try {
      Runtime.getRuntime().halt(CODE.get(LONGEST_DRAIN.toSeconds(), TimeUnit.SECONDS));
    } catch (TimeoutException | InterruptedException | ExecutionException e) {
      System.err.println("cachetide: not drained within " + LONGEST_DRAIN + ", ending anyway");
    }
  }
}
