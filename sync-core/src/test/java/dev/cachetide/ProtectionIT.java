package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class ProtectionIT {

  private static final RedisWorld WORLD = RedisWorld.start();

  @AfterAll
  static void stop() {
    WORLD.close();
  }

  @Test
  void while_redis_is_silent_the_loader_serves_the_breaker_opens_and_closes_again() {
    Cache<Long, String> cache = WORLD.texts("silent");
    cache.put(1L, "cached");
    WORLD.redis.suspend();
    try {
      for (int i = 0; i < 30; i++) {
        assertThat(cache.getOrLoad(1L, key -> "loaded")).contains("loaded");
        assertThat(cache.get(2L)).isEmpty();
      }
      assertThat(cache.stats().errors()).isPositive();
      assertThat(cache.stats().bypasses()).as("the breaker is open").isPositive();
      long start = System.nanoTime();
      cache.getOrLoad(1L, key -> "loaded");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
    } finally {
      WORLD.redis.resume();
    }
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> cache.getOrLoad(3L, key -> "back").isPresent() && cache.get(3L).isPresent());
  }

  @Test
  void no_error_of_redis_reaches_who_puts_evicts_or_writes() throws Exception {
    Cache<Long, String> cache = WORLD.texts("mute");
    WORLD.redis.suspend();
    try {
      cache.put(1L, "v");
      assertThat(cache.evict(1L)).as("confirmed").isFalse();
      assertThat(cache.writeThrough(1L, () -> "v")).isEqualTo("v");
      assertThat(cache.getAll(List.of(1L))).isEmpty();
      assertThat(cache.getAllOrLoad(List.of(1L), keys -> Map.of(1L, "loaded")))
          .containsEntry(1L, "loaded");
    } finally {
      WORLD.redis.resume();
    }
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> cache.getOrLoad(9L, key -> "back").isPresent() && cache.get(9L).isPresent());
  }

  @Test
  void a_value_beyond_its_ttl_is_served_within_the_grace_when_the_loader_fails() {
    Cache<Long, String> cache =
        WORLD
            .client
            .<Long, String>cache("grace", Codec.text())
            .ttl(Duration.ofMillis(100))
            .staleWhileError(Duration.ofSeconds(20))
            .build();
    cache.getOrLoad(1L, key -> "v");
    await().until(() -> cache.get(1L).isEmpty());
    Loader<Long, String> away =
        key -> {
          throw new IOException("the database is away");
        };
    assertThat(cache.getOrLoad(1L, away)).contains("v");
    assertThat(cache.getOrLoad(1L, away)).contains("v");
    assertThat(cache.stats().staleServed()).isEqualTo(2);
    assertThat(cache.stats().leaseWaits()).as("waits for a load that failed").isZero();
    assertThatThrownBy(
            () ->
                cache.getAllOrLoad(
                    List.of(1L),
                    keys -> {
                      throw new IOException("the database is away");
                    }))
        .isInstanceOf(LoadFailedException.class);
    assertThat(cache.getOrLoad(1L, away)).as("left by the bulk load").contains("v");
    await().until(() -> cache.getOrLoad(1L, key -> "new").filter("new"::equals).isPresent());
    assertThat(cache.get(1L).orElse("new")).isEqualTo("new");
  }

  @Test
  void a_large_value_is_stored_compressed_and_comes_back_as_it_was() {
    Cache<Long, String> cache = WORLD.texts("large");
    String large = "abcdefghij".repeat(10_000);
    cache.put(1L, large);
    assertThat(WORLD.raw.strlen("large:1")).isLessThan(large.length() / 10);
    assertThat(cache.get(1L)).contains(large);
    cache.put(2L, "small");
    assertThat(WORLD.raw.strlen("large:2")).isLessThan(100);
    assertThat(cache.get(2L)).contains("small");
  }

  @Test
  void a_value_beyond_the_limit_is_served_but_not_stored() {
    Cache<Long, String> cache =
        WORLD
            .client
            .<Long, String>cache("limit", Codec.text())
            .limits(new CacheConfig.Limits(10, 100))
            .build();
    cache.put(1L, "short");
    cache.put(1L, "longer than the limit");
    assertThat(WORLD.raw.exists("limit:1")).as("nothing old stays").isZero();
    assertThat(cache.getOrLoad(1L, key -> "longer than the limit")).isPresent();
    assertThat(WORLD.raw.exists("limit:1")).as("no lease stays").isZero();
    assertThat(cache.stats().oversize()).isEqualTo(2);
  }

  @Test
  void a_codec_that_refuses_a_value_keeps_it_from_being_stored_only() {
    Codec<String> refusing =
        new Codec<>() {
          @Override
          public byte[] encode(String value) {
            throw new IllegalStateException("not this one");
          }

          @Override
          public String decode(byte[] bytes, int offset, int length) {
            return "";
          }

          @Override
          public int schema() {
            return 99;
          }
        };
    Cache<Long, String> cache = WORLD.client.<Long, String>cache("codec", refusing).build();
    assertThat(cache.getOrLoad(1L, key -> "v")).contains("v");
    assertThat(WORLD.raw.exists("codec:1")).isZero();
  }

  @Test
  void a_put_that_redis_refuses_takes_the_old_value_away() {
    Cache<Long, String> cache = WORLD.texts("refused");
    cache.put(1L, "old");
    WORLD.raw.configSet("maxmemory", "1");
    try {
      cache.put(1L, "new");
      assertThat(cache.get(1L)).isEmpty();
      assertThat(cache.stats().errors()).isPositive();
    } finally {
      WORLD.raw.configSet("maxmemory", "0");
    }
  }

  @Test
  void a_damaged_entry_is_a_miss() {
    Cache<Long, String> cache = WORLD.texts("damaged");
    cache.put(1L, "abcdefghij".repeat(10_000));
    byte[] entry = WORLD.raw.get("damaged:1");
    WORLD.raw.set("damaged:1", Arrays.copyOf(entry, entry.length - 20));
    AtomicInteger loads = new AtomicInteger();
    assertThat(cache.getOrLoad(1L, key -> "loaded" + loads.incrementAndGet())).contains("loaded1");
    assertThat(cache.get(1L)).contains("loaded1");
  }
}
