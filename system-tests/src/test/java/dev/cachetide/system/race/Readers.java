package dev.cachetide.system.race;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;

/**
 * Threads that read random hot rows through the caches without ever stopping, and hold what they
 * get against the fence as it stood before the read began.
 */
final class Readers implements AutoCloseable {

  private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(300);

  private final List<Reader> readers = new ArrayList<>();
  private final LongAdder loads = new LongAdder();
  private final LongAdder older = new LongAdder();
  private final Fence fence;

  /**
   * @param caches as of so many processes; readers are dealt out to them
   */
  Readers(
      List<? extends CacheUnderTest> caches,
      HotRows rows,
      Fence fence,
      int count,
      SplittableRandom random) {
    this.fence = fence;
    for (int reader = 0; reader < count; reader++) {
      StallingLoader loader = new StallingLoader(rows, loads, random.split());
      readers.add(new Reader(caches.get(reader % caches.size()), loader, random.split()));
    }
  }

  /** Waits until every read that is going on now has ended, with the fill it may end in. */
  void awaitThoseUnderWay() {
    long[] before = readers.stream().mapToLong(reader -> reader.reads).toArray();
    Awaitility.await("reads under way to end")
        .atMost(Duration.ofSeconds(20))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(
            () -> {
              failIfEnded();
              for (int reader = 0; reader < before.length; reader++) {
                if (readers.get(reader).reads == before[reader]) {
                  return false;
                }
              }
              return true;
            });
  }

  private void failIfEnded() {
    readers.forEach(reader -> reader.running.failIfEnded());
  }

  long reads() {
    return readers.stream().mapToLong(reader -> reader.reads).sum();
  }

  long loads() {
    return loads.sum();
  }

  /** Reads that returned less than the fence had promised before they began. */
  long olderThanAcknowledged() {
    return older.sum();
  }

  /** Throws what a read has thrown. */
  @Override
  public void close() {
    readers.forEach(reader -> reader.running.close());
  }

  private final class Reader {
    private final CacheUnderTest cache;
    private final StallingLoader loader;
    private final SplittableRandom random;
    private final Background running;
    private volatile long reads;

    Reader(CacheUnderTest cache, StallingLoader loader, SplittableRandom random) {
      this.cache = cache;
      this.loader = loader;
      this.random = random;
      running = new Background("reader", this::run);
    }

    private void run(BooleanSupplier stopped) {
      while (!stopped.getAsBoolean()) {
        readOne();
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }

    private void readOne() {
      int id = random.nextInt(HotRows.COUNT);
      long promised = fence.of(id);
      if (cache.read(id, loader) < promised) {
        older.increment();
      }
      // One thread writes this, others look at it
      long done = reads + 1;
      reads = done;
    }
  }
}
