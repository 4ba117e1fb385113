package dev.cachetide.invalidation;

import dev.cachetide.invalidation.Evictor.Removal;
import dev.cachetide.invalidation.rules.Plan;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Evicts something coarse beside the loop, on a thread and a connection of its own: to look at
 * every key of a big Redis takes seconds, in which other keys must go on leaving. One at a time;
 * nothing may depend on it before {@link #take} has said that it is done.
 */
final class Sweeper implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Sweeper.class);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final Evictor.Target redis;
  private final Executor executor;
  private final Runnable stop;
  private volatile @Nullable Swept swept;
  private boolean busy;

  /**
   * @param redis used by the executor's thread alone, owned by this object from now on
   * @param stop ends the executor
   */
  Sweeper(Evictor.Target redis, Executor executor, Runnable stop) {
    this.redis = redis;
    this.executor = executor;
    this.stop = stop;
  }

  /** On a thread of its own. */
  static Sweeper of(Evictor.Target redis) {
    ExecutorService thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread sweeping = new Thread(task, "invalidate-sweep");
              sweeping.setDaemon(true);
              return sweeping;
            });
    return new Sweeper(redis, thread, () -> end(thread));
  }

  private static void end(ExecutorService thread) {
    thread.shutdownNow();
    try {
      if (!thread.awaitTermination(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        log.atWarn().log("a sweep does not end; the connection is closed under it");
      }
    } catch (InterruptedException e) {
      // The process is leaving; the thread is a daemon.
      Thread.currentThread().interrupt();
    }
  }

  /** Whether another one may begin. */
  boolean idle() {
    return !busy;
  }

  /** Begins. */
  void begin(Plan plan) {
    busy = true;
    executor.execute(() -> sweep(plan));
  }

  private void sweep(Plan plan) {
    long[] keys = {0};
    Set<?>[] runIds = {Set.of()};
    try {
      boolean[] same = {false};
      var failure =
          RedisFailures.attempt(
              () -> {
                long connects = redis.connects();
                Set<String> before = redis.runIds();
                Removal removal = redis.evict(plan);
                keys[0] = removal.keys();
                runIds[0] = before;
                // Whoever answered at the beginning answered throughout.
                same[0] = redis.runIds().equals(before) && redis.connects() == connects;
              });
      if (failure != null) {
        log.atDebug().addKeyValue("outcome", failure).log("a sweep failed");
      }
      swept = new Swept(failure == null && same[0], Set.copyOf(runIds[0]), keys[0]);
    } finally {
      if (swept == null) {
        // Unforeseen: the executor reports it, and the sweep counts as failed.
        swept = new Swept(false, Set.of(), 0);
      }
    }
  }

  /** What became of the one that was begun, once; null while it runs, and when there is none. */
  @Nullable Swept take() {
    Swept result = swept;
    if (result != null) {
      swept = null;
      busy = false;
    }
    return result;
  }

  @Override
  public void close() {
    stop.run();
    redis.close();
  }

  /**
   * The end of a sweep.
   *
   * @param done whether Redis has answered for all of it
   * @param runIds of the servers that it went over
   */
  record Swept(boolean done, Set<?> runIds, long keys) {}
}
