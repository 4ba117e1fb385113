package dev.cachetide.ingest;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Pauses that end early when the program is stopped or something happened worth looking at. */
final class StopSignal {

  private final Semaphore wakeups = new Semaphore(0);
  private volatile boolean requested;

  void request() {
    requested = true;
    wake();
  }

  boolean requested() {
    return requested;
  }

  /** Ends the pause that is on, or the next one. */
  void wake() {
    wakeups.release();
  }

  /** At most that long; not at all once a stop was requested. */
  void pause(Duration limit) throws InterruptedException {
    if (!requested && wakeups.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      wakeups.drainPermits();
    }
  }
}
