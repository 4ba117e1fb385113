package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class WriteThroughIT {

  private static final RedisWorld WORLD = RedisWorld.start();

  @AfterAll
  static void stop() {
    WORLD.close();
  }

  @Test
  void a_written_value_is_seen_at_once_without_a_load() throws Exception {
    Cache<Long, String> cache = WORLD.texts("written");
    assertThat(cache.writeThrough(1L, () -> "written")).isEqualTo("written");
    assertThat(cache.getOrLoad(1L, key -> "not asked")).contains("written");
  }

  @Test
  void a_deletion_is_seen_at_once() throws Exception {
    Cache<Long, String> cache = WORLD.texts("deleted");
    cache.put(1L, "there");
    cache.deleteThrough(1L, () -> 1);
    assertThat(cache.getOrLoad(1L, key -> "not asked")).isEmpty();
  }

  @Test
  void a_write_that_fails_leaves_nothing_cached_and_reaches_the_caller() {
    Cache<Long, String> cache = WORLD.texts("failed");
    cache.put(1L, "before");
    assertThatThrownBy(
            () ->
                cache.writeThrough(
                    1L,
                    () -> {
                      throw new SQLException("commit unknown");
                    }))
        .isInstanceOf(SQLException.class);
    assertThat(WORLD.raw.exists("failed:1")).isZero();
  }

  @Test
  void of_two_writers_that_overlap_neither_leaves_its_value() throws Exception {
    Cache<Long, String> cache = WORLD.texts("overlap");
    cache.writeThrough(
        1L,
        () -> {
          CompletableFuture.runAsync(() -> write(cache, "second")).join();
          return "first";
        });
    assertThat(WORLD.raw.exists("overlap:1")).isZero();
  }

  private static void write(Cache<Long, String> cache, String value) {
    try {
      cache.writeThrough(1L, () -> value);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void an_eviction_during_the_write_keeps_the_value_out() throws Exception {
    Cache<Long, String> cache = WORLD.texts("event");
    cache.writeThrough(
        1L,
        () -> {
          WORLD.raw.unlink("event:1");
          return "v";
        });
    assertThat(WORLD.raw.exists("event:1")).isZero();
  }

  @Test
  void who_reads_during_a_write_stores_nothing() throws Exception {
    Cache<Long, String> cache =
        WORLD
            .client
            .<Long, String>cache("during", Codec.text())
            .leases(
                new CacheConfig.Leases(
                    Duration.ofSeconds(5), Duration.ofMillis(50), Duration.ofSeconds(5), 8, 8))
            .build();
    cache.put(1L, "before");
    cache.writeThrough(
        1L,
        () -> {
          assertThat(cache.getOrLoad(1L, key -> "still before")).contains("still before");
          return "after";
        });
    assertThat(cache.getOrLoad(1L, key -> "not asked")).contains("after");
  }

  @Test
  void the_second_write_of_a_value_with_a_tag_stays_until_the_tag_leaves() throws Exception {
    Cache<Long, String> cache =
        WORLD
            .client
            .<Long, String>cache("tagged", Codec.text())
            .valueTags(value -> Set.of("category:" + value))
            .build();
    cache.writeThrough(1L, () -> "toys");
    cache.writeThrough(1L, () -> "toys");
    AtomicInteger loads = new AtomicInteger();
    assertThat(cache.getOrLoad(1L, key -> "toys" + loads.incrementAndGet())).contains("toys");
    WORLD
        .client
        .invalidations()
        .evict(new dev.cachetide.wire.Invalidation.Tag("category:toys"))
        .join();
    assertThat(cache.get(1L)).isEmpty();
  }
}
