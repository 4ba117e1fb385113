package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** L1 as applications see it; what its messages may go through, {@code NearCoherenceIT} shows. */
final class MultiLevelIT {

  private static final RedisWorld WORLD = RedisWorld.start();
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private Beats beats;
  private Cachetide client;

  @AfterAll
  static void stop() {
    WORLD.close();
  }

  @BeforeEach
  void open() {
    beats = new Beats(WORLD.redis.uri(), "levels");
    client = Cachetide.builder().redis(WORLD.redis.uri()).pipeline("levels").build();
  }

  @AfterEach
  void close() {
    client.close();
    beats.close();
  }

  private Cache<Long, String> near(String name, Duration ttl) {
    Cache<Long, String> cache =
        client
            .<Long, String>cache(name, Codec.text())
            .near(100, ttl)
            .loader(key -> "v" + key)
            .build();
    await()
        .atMost(PATIENCE)
        .until(() -> cache.load(0L).isPresent() && cache.stats().nearHits() > 0);
    return cache;
  }

  @Test
  void what_l1_holds_is_not_asked_of_redis() {
    Cache<Long, String> cache = near("held", Duration.ofMinutes(1));
    cache.load(1L);
    cache.resetStats();
    for (int i = 0; i < 100; i++) {
      assertThat(cache.load(1L)).contains("v1");
    }
    assertThat(cache.stats().nearHits()).isEqualTo(100);
    assertThat(cache.stats().hits()).isZero();
    assertThat(cache.stats().hitRatio()).isEqualTo(1);
  }

  @Test
  void each_level_has_its_own_ttl() {
    Cache<Long, String> cache = near("ttl", Duration.ofMillis(200));
    cache.load(1L);
    cache.resetStats();
    await().until(() -> cache.load(1L).isPresent() && cache.stats().hits() > 0);
    assertThat(cache.stats().loads()).as("Redis had it").isZero();
    assertThat(WORLD.raw.pttl("ttl:1")).isGreaterThan(3_000_000L);
  }

  @Test
  void what_this_process_changes_it_sees_at_once() throws Exception {
    Cache<Long, String> cache = near("own", Duration.ofMinutes(1));
    cache.load(1L);
    cache.load(1L);
    cache.put(1L, "put");
    assertThat(cache.get(1L)).contains("put");
    cache.writeThrough(1L, () -> "written");
    assertThat(cache.get(1L)).contains("written");
    cache.evict(1L);
    assertThat(cache.get(1L)).isEmpty();
  }

  @Test
  void when_the_workers_fall_silent_nothing_cached_is_believed_and_it_is_counted() {
    Cache<Long, String> cache = near("silent", Duration.ofMinutes(1));
    cache.load(1L);
    beats.close();
    AtomicInteger loads = new AtomicInteger();
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              cache.getOrLoad(
                  1L,
                  key -> {
                    loads.incrementAndGet();
                    return "loaded";
                  });
              return loads.get() > 0;
            });
    assertThat(client.trusted()).isFalse();
    assertThat(cache.stats().bypasses()).isPositive();
    assertThat(cache.stats().nearFlushes()).isPositive();
  }

  @Test
  void it_needs_a_pipeline() {
    assertThatThrownBy(
            () ->
                WORLD
                    .client
                    .<Long, String>cache("alone", Codec.text())
                    .near(1, Duration.ofMinutes(1))
                    .build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("pipeline");
  }
}
