package dev.cachetide.cli;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reloads when asked, when a file has changed, and again as long as that is not settled. */
final class ReloadThread implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ReloadThread.class);

  private final RuleReloads reloads;
  private final FileWatch watch;
  private final boolean watching;
  private final Duration interval;
  private final Semaphore asked = new Semaphore(0);
  private final Thread thread = new Thread(this::run, "reload");
  private volatile boolean closed;

  /**
   * @param watching whether changed files count without being asked
   */
  ReloadThread(RuleReloads reloads, FileWatch watch, boolean watching, Duration interval) {
    this.reloads = reloads;
    this.watch = watch;
    this.watching = watching;
    this.interval = interval;
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Safe for any thread. */
  void ask() {
    asked.release();
  }

  private void run() {
    boolean settled = true;
    try {
      while (!closed) {
        boolean now = asked.tryAcquire(interval.toMillis(), TimeUnit.MILLISECONDS);
        asked.drainPermits();
        if (!closed && (now || !settled || (watching && watch.changed()))) {
          watch.handling();
          settled = reload();
        }
      }
    } catch (InterruptedException e) {
      // close() is in a hurry, and whoever starts next reads the files anyway.
      Thread.currentThread().interrupt();
    }
  }

  private boolean reload() {
    try {
      return reloads.reload();
    } catch (RuntimeException e) {
      // Owner of the thread: an exception would end every later reload with it.
      log.atError().setCause(e).log("reading the rules again failed; those that hold go on");
      return true;
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
