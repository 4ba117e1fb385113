package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.sandbox.SandboxRedis;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The read path on a real Redis, without a pipeline. */
final class CacheIT {

  private static SandboxRedis redis;
  private static Cachetide client;

  @BeforeAll
  static void start() {
    redis = SandboxRedis.builder().start();
    client = Cachetide.builder().redis(redis.uri()).build();
    Awaitility.await().until(client::trusted);
  }

  @AfterAll
  static void stop() {
    client.close();
    redis.close();
  }

  private static Cache<Long, String> cache(String name) {
    return client.<Long, String>cache(name, Codec.text()).build();
  }

  @Test
  void a_miss_loads_and_the_next_read_hits() {
    Cache<Long, String> cache = cache("miss");
    AtomicInteger loads = new AtomicInteger();
    for (int i = 0; i < 3; i++) {
      assertThat(cache.getOrLoad(1L, key -> "v" + loads.incrementAndGet())).contains("v1");
    }
    assertThat(cache.get(1L)).contains("v1");
    assertThat(cache.stats().hits()).isEqualTo(3);
    assertThat(cache.stats().misses()).isEqualTo(1);
    assertThat(cache.evict(1L)).isTrue();
    assertThat(cache.get(1L)).isEmpty();
  }

  @Test
  void an_eviction_during_a_load_keeps_the_value_out() {
    Cache<Long, String> cache = cache("evicted");
    Optional<String> read =
        cache.getOrLoad(
            1L,
            key -> {
              cache.evict(key);
              return "old";
            });
    assertThat(read).contains("old");
    assertThat(cache.get(1L)).isEmpty();
    assertThat(cache.stats().rejectedFills()).isEqualTo(1);
  }

  @Test
  void a_hundred_readers_of_a_missing_key_make_one_load() throws Exception {
    Cache<Long, String> cache = cache("herd");
    AtomicInteger loads = new AtomicInteger();
    ExecutorService readers = Executors.newFixedThreadPool(100);
    try {
      List<CompletableFuture<Optional<String>>> reads =
          IntStream.range(0, 100)
              .mapToObj(
                  i ->
                      CompletableFuture.supplyAsync(
                          () ->
                              cache.getOrLoad(
                                  1L,
                                  key -> {
                                    loads.incrementAndGet();
                                    java.util.concurrent.locks.LockSupport.parkNanos(100_000_000);
                                    return "v";
                                  }),
                          readers))
              .toList();
      for (var read : reads) {
        assertThat(read.get()).contains("v");
      }
    } finally {
      readers.shutdownNow();
    }
    assertThat(loads.get()).isEqualTo(1);
  }

  @Test
  void many_are_read_at_once_and_the_rest_is_loaded_at_once() {
    Cache<Long, String> cache = cache("many");
    cache.put(1L, "one");
    assertThat(cache.getAll(List.of(1L, 2L))).isEqualTo(Map.of(1L, "one"));
    assertThat(cache.getAllOrLoad(List.of(1L, 2L, 3L), keys -> Map.of(2L, "two")))
        .isEqualTo(Map.of(1L, "one", 2L, "two"));
    assertThat(cache.getOrLoad(3L, key -> "not asked")).isEmpty();
    assertThat(cache.get(2L)).contains("two");
  }

  @Test
  void a_write_through_is_seen_and_stays() throws Exception {
    Cache<Long, String> cache = cache("through");
    assertThat(cache.writeThrough(1L, () -> "written")).isEqualTo("written");
    assertThat(cache.get(1L)).contains("written");
  }
}
