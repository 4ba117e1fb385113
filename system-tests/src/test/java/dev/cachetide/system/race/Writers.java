package dev.cachetide.system.race;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Threads that update random hot rows, a burst at a time. */
final class Writers implements AutoCloseable {

  private static final long BURST_LIMIT_SECONDS = 60;

  private final HotRows rows;
  private final List<SplittableRandom> randoms = new ArrayList<>();
  private final ExecutorService threads;
  private long written;

  Writers(HotRows rows, int count, SplittableRandom random) {
    this.rows = rows;
    threads = Executors.newFixedThreadPool(count);
    for (int writer = 0; writer < count; writer++) {
      randoms.add(random.split());
    }
  }

  /** Returns when every writer has committed so many updates and stands still. */
  void burst(int each) throws InterruptedException, ExecutionException, TimeoutException {
    List<Future<?>> bursts = new ArrayList<>();
    for (SplittableRandom random : randoms) {
      bursts.add(threads.submit(() -> write(each, random)));
    }
    for (Future<?> burst : bursts) {
      burst.get(BURST_LIMIT_SECONDS, TimeUnit.SECONDS);
    }
    written += (long) each * randoms.size();
  }

  private void write(int updates, SplittableRandom random) {
    for (int update = 0; update < updates; update++) {
      rows.increment(random.nextInt(HotRows.COUNT));
    }
  }

  /** Updates committed in whole bursts. */
  long written() {
    return written;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
