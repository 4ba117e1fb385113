package dev.cachetide.system.race;

import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.system.Scale;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/**
 * Writers against readers on twenty rows, in rounds, and what they must never see.
 *
 * <p>In each round every writer commits a burst of updates, while readers read through the cache
 * and stall between loading and filling, events are published a second time and late, evictions are
 * delayed, entries are removed and Redis is flushed. Then the writers stand still until the worker
 * has acknowledged the last commit of every row and the reads that were under way have ended. From
 * then on nothing is left that would mend an entry, so each must be absent or equal to the
 * database: one that is not is <em>permanently stale</em>. And at any time, a read that begins
 * after an invalidation was acknowledged must not return anything older.
 */
final class Race {

  private static final int WRITERS = Scale.of(4, 12);
  private static final int READERS = 6;
  private static final int SHORTEST_BURST = 5;
  private static final int LONGEST_BURST = Scale.of(40, 30);
  private static final int AGAIN_PER_MILLE = 50;
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final Duration CATCH_UP = Duration.ofSeconds(30);

  private final String name;
  private final Sandbox sandbox;
  private final HotRows rows;
  private final RacePipeline pipeline;
  private final List<? extends CacheUnderTest> caches;
  private final long seed;
  private long checks;
  private long present;
  private long stale;
  private long told = System.nanoTime();

  /**
   * @param caches the same cache as so many processes would have it
   */
  Race(
      String name,
      Sandbox sandbox,
      HotRows rows,
      RacePipeline pipeline,
      List<? extends CacheUnderTest> caches,
      long seed) {
    this.name = name;
    this.sandbox = sandbox;
    this.rows = rows;
    this.pipeline = pipeline;
    this.caches = caches;
    this.seed = seed;
  }

  /** Runs rounds until the report is enough, or the time is over. */
  RaceReport run(Predicate<RaceReport> enough, Duration limit) throws Exception {
    try (RedisText redis = new RedisText(sandbox.redis().uri())) {
      redis.commands().flushall();
      return run(redis, new Fence(rows.versions()), enough, limit);
    }
  }

  private RaceReport run(RedisText redis, Fence fence, Predicate<RaceReport> enough, Duration limit)
      throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    String kafka = sandbox.kafka().bootstrapServers();
    CacheUnderTest any = caches.get(0);
    try (var spoken = new Acknowledgements(sandbox, pipeline.names, fence);
        var tap =
            new ChangeTap(kafka, pipeline.topic(), fence, any, AGAIN_PER_MILLE, random.split());
        var chaos = new Chaos(redis.commands(), pipeline.redis, random.split());
        var readers = new Readers(caches, rows, fence, READERS, random.split());
        var writers = new Writers(rows, WRITERS, random.split())) {
      long deadline = System.nanoTime() + limit.toNanos();
      RaceReport report;
      do {
        writers.burst(random.nextInt(SHORTEST_BURST, LONGEST_BURST));
        settle(fence, readers);
        check(rows.versions());
        tap.failIfEnded();
        chaos.failIfEnded();
        spoken.failIfMalformed();
        report = report(writers, readers, tap);
        tellEveryMinute(report);
      } while (!enough.test(report) && System.nanoTime() - deadline < 0);
      return report;
    }
  }

  private void tellEveryMinute(RaceReport report) {
    if (System.nanoTime() - told >= TimeUnit.MINUTES.toNanos(1)) {
      told = System.nanoTime();
      System.out.println("so far: " + report);
    }
  }

  /** Returns when nothing is left on its way that would change an entry. */
  private void settle(Fence fence, Readers readers) {
    long[] versions = rows.versions();
    Awaitility.await("the worker to acknowledge every row's last commit")
        .atMost(CATCH_UP)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> fence.reached(versions));
    readers.awaitThoseUnderWay();
  }

  private void check(long[] versions) {
    for (int id = 0; id < versions.length; id++) {
      boolean held = false;
      boolean bad = false;
      for (CacheUnderTest cache : caches) {
        OptionalLong cached = cache.cached(id);
        held |= cached.isPresent();
        bad |= differs(cached, versions[id]) && !mended(cache, id, versions[id]);
      }
      checks++;
      present += held ? 1 : 0;
      stale += bad ? 1 : 0;
    }
  }

  /** A copy in the process may lag behind what the worker says, for as long as it may be silent. */
  private static boolean mended(CacheUnderTest cache, int id, long version) {
    long deadline = System.nanoTime() + cache.lag().toNanos();
    while (System.nanoTime() - deadline < 0) {
      if (!differs(cache.cached(id), version)) {
        return true;
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return false;
  }

  private static boolean differs(OptionalLong cached, long version) {
    return cached.isPresent() && cached.getAsLong() != version;
  }

  private RaceReport report(Writers writers, Readers readers, ChangeTap tap) {
    return new RaceReport(
        name,
        seed,
        writers.written(),
        readers.reads(),
        readers.loads(),
        tap.republished(),
        checks,
        present,
        stale,
        readers.olderThanAcknowledged());
  }
}
