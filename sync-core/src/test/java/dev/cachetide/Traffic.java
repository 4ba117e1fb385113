package dev.cachetide;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * A database of counters, a writer whose changes a worker evicts, and readers through caches. Every
 * read is judged: by when the eviction of a newer version had been acknowledged before the read
 * began, and by how long it took. What a reader throws is kept.
 */
final class Traffic implements AutoCloseable {

  static final int ROWS = 32;
  private static final long PACE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  volatile boolean writing = true;

  private final CertifyingWorker worker;
  private final AtomicLongArray database = new AtomicLongArray(ROWS);
  private final List<ConcurrentSkipListMap<Long, Long>> evictedAt =
      IntStream.range(0, ROWS).mapToObj(row -> new ConcurrentSkipListMap<Long, Long>()).toList();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Queue<Reader> readers = new ConcurrentLinkedQueue<>();
  private volatile boolean ended;

  Traffic(CertifyingWorker worker) {
    this.worker = worker;
    threads.execute(this::write);
  }

  long version(int row) {
    return database.get(row);
  }

  /** So many threads that read through a cache from now on. */
  Reader read(Cache<Integer, Long> cache, int concurrency) {
    Reader reader = new Reader(cache);
    readers.add(reader);
    for (int i = 0; i < concurrency; i++) {
      threads.execute(reader);
    }
    return reader;
  }

  private void write() {
    while (!ended) {
      LockSupport.parkNanos(PACE_NANOS);
      if (writing) {
        change(ThreadLocalRandom.current().nextInt(ROWS));
      }
    }
  }

  /** As a worker does, it does not let go of an eviction before Redis has acknowledged it. */
  private void change(int row) {
    long version = database.incrementAndGet(row);
    List<String> keys = readers.stream().map(reader -> key(reader.cache, row)).distinct().toList();
    while (!keys.isEmpty() && !worker.evict(keys)) {
      if (ended) {
        return;
      }
      LockSupport.parkNanos(RETRY_NANOS);
    }
    evictedAt.get(row).put(version, System.nanoTime());
  }

  static String key(Cache<Integer, Long> cache, int row) {
    return cache.name() + ":" + row;
  }

  @Override
  public void close() {
    ended = true;
    threads.shutdownNow();
  }

  /** Threads that read, and what became of their reads. */
  final class Reader implements Runnable {

    final Cache<Integer, Long> cache;
    final AtomicLong reads = new AtomicLong();
    final AtomicLong worstMillis = new AtomicLong();
    final AtomicLong worstStaleMillis = new AtomicLong();
    final AtomicLong stale = new AtomicLong();
    final Queue<Throwable> thrown = new ConcurrentLinkedQueue<>();

    Reader(Cache<Integer, Long> cache) {
      this.cache = cache;
    }

    @Override
    public void run() {
      while (!ended) {
        int row = ThreadLocalRandom.current().nextInt(ROWS);
        long began = System.nanoTime();
        try {
          long version = cache.getOrLoad(row, database::get).orElseThrow();
          judge(row, version, began);
        } catch (RuntimeException e) {
          if (!ended) {
            thrown.add(e);
          }
        }
        LockSupport.parkNanos(PACE_NANOS);
      }
    }

    private void judge(int row, long version, long began) {
      reads.incrementAndGet();
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
      worstMillis.accumulateAndGet(took, Math::max);
      Map.Entry<Long, Long> newer = evictedAt.get(row).higherEntry(version);
      if (newer != null && newer.getValue() - began < 0) {
        if (stale.incrementAndGet() == 1) {
          // where to look first when this must not be
          System.out.printf(
              "%tT.%<tL %s: version %d of row %d, %s%n",
              System.currentTimeMillis(), cache.name(), version, row, cache.stats());
        }
        long late = TimeUnit.NANOSECONDS.toMillis(began - newer.getValue());
        worstStaleMillis.accumulateAndGet(late, Math::max);
      }
    }

    @Override
    public String toString() {
      return "%s: %d reads, worst %d ms, %d stale, worst %d ms, thrown %s, %s"
          .formatted(
              cache.name(),
              reads.get(),
              worstMillis.get(),
              stale.get(),
              worstStaleMillis.get(),
              thrown,
              cache.stats());
    }
  }
}
