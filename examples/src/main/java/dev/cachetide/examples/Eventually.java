package dev.cachetide.examples;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Waits for what the pipeline brings about in its own time. */
final class Eventually {

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private Eventually() {}

  /**
   * Waits until something holds.
   *
   * @return after how many milliseconds
   * @throws CheckFailed when it does not within a minute
   */
  static long holds(String what, Callable<Boolean> condition) throws Exception {
    long began = System.nanoTime();
    while (!condition.call()) {
      if (System.nanoTime() - began > PATIENCE_NANOS) {
        throw new CheckFailed("in a minute it did not come about that " + what);
      }
      LockSupport.parkNanos(LOOK_EVERY_NANOS);
    }
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
  }
}
