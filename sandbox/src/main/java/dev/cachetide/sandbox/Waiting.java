package dev.cachetide.sandbox;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Bounded waiting for what other processes do; they cannot signal a condition to us. */
final class Waiting {
  private static final long LOOK_EVERY_NANOS = Duration.ofMillis(5).toNanos();

  private Waiting() {}

  /**
   * Looks every few milliseconds; false when the limit passed or the thread was interrupted before
   * the condition held.
   */
  static boolean until(BooleanSupplier condition, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.parkNanos(LOOK_EVERY_NANOS);
    }
    return true;
  }
}
