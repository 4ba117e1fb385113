package dev.cachetide.runtime;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the last attempt failed or was left unfinished, and when the next is due. Held by the
 * loop's thread alone.
 */
final class Retry {

  private static final Logger log = LoggerFactory.getLogger(Retry.class);

  private final String name;
  private final Backoff backoff;
  private final LongSupplier nanoTime;
  private int failures;
  private boolean waiting;
  private long dueNanos;

  Retry(String name, Backoff backoff, LongSupplier nanoTime) {
    this.name = name;
    this.backoff = backoff;
    this.nanoTime = nanoTime;
  }

  boolean isDue() {
    return !waiting || remainingNanos() <= 0;
  }

  /** How long to wait in a poll: to the next attempt, {@code usual} at most. */
  Duration waitAtMost(Duration usual) {
    return !waiting || remainingNanos() > usual.toNanos()
        ? usual
        : Duration.ofMillis(Math.max(1, TimeUnit.NANOSECONDS.toMillis(remainingNanos())));
  }

  private long remainingNanos() {
    return dueNanos - nanoTime.getAsLong();
  }

  /**
   * Schedules the next attempt. Only the first failure in a row is worth a line; the cause's
   * message may hold what must not be logged, so its class alone is shown.
   */
  void failed(Outcome.Transient failure) {
    failures++;
    waitFor(backoff.pause(failures));
    (failures == 1 ? log.atWarn() : log.atDebug())
        .addKeyValue("program", name)
        .addKeyValue("what", Advice.with(failure.what(), failure.cause()))
        .addKeyValue("cause", failure.cause().getClass().getName())
        .addKeyValue("failures", failures)
        .log("paused, trying again");
  }

  /** Schedules the next attempt after one that did not fail. */
  void again(Duration pause) {
    succeeded();
    waitFor(pause);
  }

  void succeeded() {
    waiting = false;
    if (failures > 0) {
      log.atInfo().addKeyValue("program", name).addKeyValue("failures", failures).log("resumed");
      failures = 0;
    }
  }

  private void waitFor(Duration pause) {
    waiting = true;
    dueNanos = nanoTime.getAsLong() + pause.toNanos();
  }
}
