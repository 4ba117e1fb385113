package dev.cachetide.system.race;

import dev.cachetide.system.race.CacheUnderTest.Loader;
import dev.cachetide.system.race.CacheUnderTest.Row;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * A reader that is descheduled, or collects garbage, between loading and filling: one load of three
 * stalls up to 50 ms, one of three hundred up to 500 ms.
 */
final class StallingLoader implements Loader {

  private static final int ODDS = 300;
  private static final int SHORT_STALLS = 100;
  private static final long SHORT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LONG_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final HotRows rows;
  private final LongAdder loads;
  private final SplittableRandom random;

  /** For one thread at a time to decide with; any thread may load. */
  StallingLoader(HotRows rows, LongAdder loads, SplittableRandom random) {
    this.rows = rows;
    this.loads = loads;
    this.random = random;
  }

  @Override
  public Row load(int id) {
    Row row = rows.load(id);
    loads.increment();
    long end = System.nanoTime() + stallNanos();
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
    return row;
  }

  private synchronized long stallNanos() {
    int dice = random.nextInt(ODDS);
    if (dice == 0) {
      return random.nextLong(LONG_NANOS);
    }
    return dice <= SHORT_STALLS ? random.nextLong(SHORT_NANOS) : 0;
  }
}
