package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.sandbox.SandboxRedis;
import dev.cachetide.sandbox.TcpProxy;
import dev.cachetide.wire.PipelineNames;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A Redis that is gone, silent or back from the past, under readers and a writer that go on. Three
 * caches are read: one without a pipeline, one with, and one with an L1 as well.
 */
final class RedisOutageIT {

  private static final PipelineNames PIPELINE = new PipelineNames("outage");
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration TIMEOUT = Duration.ofMillis(200);
  private static final Duration OUTAGE = Duration.ofMillis(2_500);

  /**
   * Looking, leasing and storing may each time out, and the load before it has to be waited for.
   */
  private static final long WORST_READ_MILLIS = 10 * TIMEOUT.toMillis();

  /** A beat and a second, and what a busy machine adds to a message's way. */
  private static final long WORST_NEAR_MILLIS = 2_000;

  private final SandboxRedis redis = SandboxRedis.builder().start();
  private final TcpProxy network = TcpProxy.to(redis.port());
  private final RedisConfig config =
      RedisConfig.of("redis://127.0.0.1:" + network.port()).withTimeout(TIMEOUT);
  private final LogLines breaker = LogLines.of("dev.cachetide.internal.ResilienceBreaker");
  private final CertifyingWorker worker = new CertifyingWorker(config, PIPELINE);
  private final Cachetide alone = Cachetide.builder().redis(config).build();
  private final Cachetide client =
      Cachetide.builder().redis(config).pipeline(PIPELINE.pipeline()).build();
  private final Traffic traffic = new Traffic(worker);
  private final Traffic.Reader trusting =
      traffic.read(alone.<Integer, Long>cache("alone", Codec.json(Long.class)).build(), 3);
  private final Traffic.Reader fenced =
      traffic.read(client.<Integer, Long>cache("fenced", Codec.json(Long.class)).build(), 3);
  private final Traffic.Reader near =
      traffic.read(
          client
              .<Integer, Long>cache("near", Codec.json(Long.class))
              .near(1_000, Duration.ofMinutes(10))
              .build(),
          3);

  @BeforeEach
  void all_are_hit() {
    awaitHits();
  }

  @AfterEach
  void stop() {
    traffic.close();
    client.close();
    alone.close();
    worker.close();
    network.close();
    redis.close();
    breaker.close();
  }

  @Test
  void a_redis_that_is_stopped_and_started_again() {
    readersGoOnWhile(redis::stop, redis::start);
  }

  @Test
  void a_redis_that_is_killed_and_started_again() {
    readersGoOnWhile(redis::killHard, redis::start);
  }

  @Test
  void a_redis_that_freezes_and_wakes() {
    readersGoOnWhile(redis::suspend, redis::resume);
    breakerOpenedAndClosed();
  }

  @Test
  void a_network_that_goes_silent_and_then_delivers_everything() {
    readersGoOnWhile(network::hold, network::restore);
    breakerOpenedAndClosed();
  }

  /**
   * With the writer at rest nothing but the fence stands between the readers and the old entries:
   * the cache without a pipeline, which trusts whatever answers, serves them.
   */
  @Test
  void a_redis_that_comes_back_from_an_old_dump() {
    List<Long> old = versions();
    Path dump = redis.saveDump();
    await()
        .atMost(LIMIT)
        .until(() -> all(row -> traffic.version(row) > old.get(row) + 1 && onlyNew(row, old)));
    traffic.writing = false;
    worker.certifying = false;
    redis.killHard();
    redis.restoreDump(dump);
    redis.start();
    await().atMost(LIMIT).until(() -> trusting.stale.get() > 0);
    assertThat(rows().filter(row -> worker.holds(Traffic.key(fenced.cache, row))))
        .as("entries of the old dump")
        .isNotEmpty();
    worker.certifying = true;
    awaitHits();
    traffic.writing = true;
    awaitHits();
    // a lease may come back with the dump, and is waited for
    judged(WORST_READ_MILLIS + CacheConfig.Leases.defaults().waitBudget().toMillis());
    System.out.println("served from the old dump without a pipeline: " + trusting.stale);
  }

  /** Whether somebody has loaded the row again since. */
  private boolean onlyNew(int row, List<Long> old) {
    return fenced.cache.get(row).map(version -> version > old.get(row)).orElse(true);
  }

  private List<Long> versions() {
    return rows().map(traffic::version).toList();
  }

  private static Stream<Integer> rows() {
    return IntStream.range(0, Traffic.ROWS).boxed();
  }

  private static boolean all(java.util.function.IntPredicate condition) {
    return IntStream.range(0, Traffic.ROWS).allMatch(condition);
  }

  private void readersGoOnWhile(Runnable itFails, Runnable itIsBack) {
    long before = trusting.reads.get() + fenced.reads.get() + near.reads.get();
    itFails.run();
    await().pollDelay(OUTAGE).atMost(OUTAGE.plus(LIMIT)).until(() -> true);
    assertThat(client.trusted()).isFalse();
    assertThat(trusting.reads.get() + fenced.reads.get() + near.reads.get())
        .as("reads in spite of it")
        .isGreaterThan(before + 200);
    itIsBack.run();
    awaitHits();
    assertThat(trusting.stale).as("what came back was empty, or as it was left").hasValue(0);
    judged(WORST_READ_MILLIS);
  }

  private void judged(long worstMillis) {
    for (Traffic.Reader reader : List.of(trusting, fenced, near)) {
      System.out.println(reader);
      assertThat(reader.thrown).as("no exception reaches a caller").isEmpty();
      assertThat(reader.worstMillis.get()).isLessThanOrEqualTo(worstMillis);
    }
    assertThat(fenced.stale).hasValue(0);
    assertThat(near.worstStaleMillis.get()).isLessThanOrEqualTo(WORST_NEAR_MILLIS);
  }

  private void breakerOpenedAndClosed() {
    assertThat(breaker.values("state")).contains("OPEN");
    await().atMost(LIMIT).until(() -> breaker.lastValue("state").equals("CLOSED"));
  }

  private void awaitHits() {
    long ofAlone = trusting.cache.stats().hits();
    long ofFenced = fenced.cache.stats().hits();
    long ofNear = near.cache.stats().nearHits();
    await()
        .atMost(LIMIT)
        .until(
            () ->
                trusting.cache.stats().hits() > ofAlone + 50
                    && fenced.cache.stats().hits() > ofFenced + 50
                    && near.cache.stats().nearHits() > ofNear + 50);
  }
}
