package dev.cachetide.internal;

import dev.cachetide.BulkLoader;
import dev.cachetide.Warming;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads ahead of the readers, batch by batch. It loads only what it could lease, so it never
 * competes with a reader and never overwrites what is there.
 */
final class Warmer<K, V> {

  private static final Logger log = LoggerFactory.getLogger(Warmer.class);

  private final Bulk<K, V> bulk;
  private final Guard guard;
  private final LongSupplier nanoTime;

  Warmer(Bulk<K, V> bulk, Guard guard, LongSupplier nanoTime) {
    this.bulk = bulk;
    this.guard = guard;
    this.nanoTime = nanoTime;
  }

  /** Warms and returns when all batches are done. */
  Warming.Result warm(Iterable<K> keys, BulkLoader<K, V> loader, Warming warming) {
    Run run = new Run(warming, loader);
    ExecutorService threads =
        Executors.newFixedThreadPool(
            warming.concurrency(),
            task -> {
              Thread thread = new Thread(task, "cachetide-warming");
              thread.setDaemon(true);
              return thread;
            });
    try {
      Iterator<K> rest = keys.iterator();
      List<CompletableFuture<Void>> lanes = new ArrayList<>();
      for (int lane = 0; lane < warming.concurrency(); lane++) {
        lanes.add(CompletableFuture.runAsync(() -> run.drain(rest), threads));
      }
      CompletableFuture.allOf(lanes.toArray(CompletableFuture<?>[]::new)).join();
      return run.result();
    } finally {
      threads.shutdownNow();
    }
  }

  /** One warming, shared by its lanes. */
  private final class Run {
    private final Warming warming;
    private final BulkLoader<K, V> loader;
    private final long start = nanoTime.getAsLong();
    private long seen;
    private long stored;
    private long present;
    private long absent;
    private long failed;

    Run(Warming warming, BulkLoader<K, V> loader) {
      this.warming = warming;
      this.loader = loader;
    }

    void drain(Iterator<K> keys) {
      for (List<K> batch = next(keys); !batch.isEmpty(); batch = next(keys)) {
        warm(batch);
      }
    }

    /** The next batch, when the budget allows it; several lanes take from one iterator. */
    private synchronized List<K> next(Iterator<K> keys) {
      List<K> batch = new ArrayList<>();
      while (batch.size() < warming.batch() && keys.hasNext()) {
        batch.add(keys.next());
      }
      long due = start + (long) (seen * 1e9 / warming.keysPerSecond());
      seen += batch.size();
      while (due - nanoTime.getAsLong() > 0 && !Thread.currentThread().isInterrupted()) {
        LockSupport.parkNanos(due - nanoTime.getAsLong());
      }
      return batch;
    }

    private void warm(List<K> batch) {
      Outcome outcome;
      try {
        outcome = outcome(batch);
      } catch (RuntimeException e) {
        // one batch less; the readers will load it, and the result says so
        log.atWarn().setCause(e).log("a batch could not be warmed");
        outcome = Outcome.failed(batch.size());
      }
      done(outcome);
    }

    private Outcome outcome(List<K> batch) {
      Bulk.Looked<K, V> looked = guard.await(bulk.look(batch)).value();
      if (looked == null) {
        return Outcome.failed(batch.size());
      }
      long asleep = looked.missing().stream().filter(each -> each.look().trust() == null).count();
      Bulk.Loaded<K, V> loaded = bulk.load(looked.missing(), loader, true);
      return new Outcome(
          loaded.stored(),
          batch.size() - loaded.leased() - asleep,
          loaded.absent(),
          loaded.leased() - loaded.stored() - loaded.absent() + asleep);
    }

    private synchronized void done(Outcome outcome) {
      stored += outcome.stored();
      present += outcome.present();
      absent += outcome.absent();
      failed += outcome.failed();
      warming.progress().accept(result());
    }

    synchronized Warming.Result result() {
      return new Warming.Result(
          stored + present + absent + failed,
          stored,
          present,
          absent,
          failed,
          Duration.ofNanos(nanoTime.getAsLong() - start));
    }
  }

  /** How many keys of a batch went which way. */
  private record Outcome(long stored, long present, long absent, long failed) {

    static Outcome failed(int keys) {
      return new Outcome(0, 0, 0, keys);
    }
  }
}
