package dev.cachetide;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cachetide.sandbox.ChildJvm;
import dev.cachetide.wire.Invalidation;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class ReadThroughIT {

  private static final RedisWorld WORLD = RedisWorld.start();

  @AfterAll
  static void stop() {
    WORLD.close();
  }

  @Test
  void a_thousand_readers_in_two_processes_make_one_load() throws Exception {
    try (ChildJvm other = ChildJvm.of(ManyReaders.class).arguments(WORLD.redis.uri()).start()) {
      CompletableFuture<Integer> here =
          CompletableFuture.supplyAsync(() -> ManyReaders.read(WORLD.redis.uri()));
      await().atMost(Duration.ofSeconds(30)).until(() -> text("ready").equals("2"));
      WORLD.raw.set("go", "1".getBytes(UTF_8));
      assertThat(here.get()).isEqualTo(ManyReaders.READERS);
      other.await("served " + ManyReaders.READERS, Duration.ofSeconds(30));
    }
    assertThat(text("loads")).isEqualTo("1");
  }

  private static String text(String key) {
    byte[] value = WORLD.raw.get(key);
    return value == null ? "" : new String(value, UTF_8);
  }

  @Test
  void load_uses_the_loader_that_the_cache_was_built_with() {
    Cache<Long, String> cache =
        WORLD.client.<Long, String>cache("bound", Codec.text()).loader(key -> "v" + key).build();
    assertThat(cache.load(7L)).contains("v7");
    assertThat(cache.async().load(7L).join()).contains("v7");
    assertThat(cache.stats().loads()).isEqualTo(1);
    assertThatThrownBy(() -> WORLD.texts("unbound").load(1L))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("without a loader");
  }

  @Test
  void an_eviction_during_a_load_keeps_the_value_out() {
    Cache<Long, String> cache = WORLD.texts("evicted");
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
  void who_comes_after_a_key_was_evicted_gets_no_value_that_was_loaded_before() throws Exception {
    Cache<Long, String> cache = WORLD.texts("late");
    assertThat(readAfter(cache, () -> cache.evict(1L))).contains("new");
  }

  @Test
  void who_comes_after_a_tag_was_evicted_gets_no_value_that_was_loaded_before() throws Exception {
    Cache<Long, String> cache =
        WORLD
            .client
            .<Long, String>cache("latetag", Codec.text())
            .keyTags(key -> Set.of("t"))
            .build();
    Invalidation tag = new Invalidation.Tag("t");
    assertThat(readAfter(cache, () -> WORLD.client.invalidations().evict(tag).join()))
        .contains("new");
  }

  @Test
  void who_comes_after_a_version_was_bumped_gets_no_value_that_was_loaded_before()
      throws Exception {
    Cache<Long, String> cache =
        WORLD.client.<Long, String>cache("latever", Codec.text()).version("v").build();
    Invalidation version = new Invalidation.Version("v");
    assertThat(readAfter(cache, () -> WORLD.client.invalidations().evict(version).join()))
        .contains("new");
  }

  /** What a reader gets that comes while a load from before the eviction is under way. */
  private static Optional<String> readAfter(Cache<Long, String> cache, Runnable eviction)
      throws Exception {
    CountDownLatch loaded = new CountDownLatch(1);
    CountDownLatch evicted = new CountDownLatch(1);
    CompletableFuture<Optional<String>> early =
        CompletableFuture.supplyAsync(
            () ->
                cache.getOrLoad(
                    1L,
                    key -> {
                      loaded.countDown();
                      evicted.await();
                      return "old";
                    }));
    loaded.await();
    eviction.run();
    CountDownLatch coming = new CountDownLatch(1);
    CompletableFuture<Optional<String>> late =
        CompletableFuture.supplyAsync(
            () -> {
              coming.countDown();
              return cache.getOrLoad(1L, key -> "new");
            });
    coming.await();
    await().during(Duration.ofMillis(100)).until(() -> true);
    evicted.countDown();
    assertThat(early.get()).contains("old");
    return late.get();
  }

  @Test
  void what_a_loader_throws_reaches_the_caller_and_the_next_reader_loads_at_once() {
    Cache<Long, String> cache = WORLD.texts("throws");
    assertThatThrownBy(
            () ->
                cache.getOrLoad(
                    1L,
                    key -> {
                      throw new IllegalArgumentException("unchecked");
                    }))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                cache.getOrLoad(
                    1L,
                    key -> {
                      throw new IOException("checked");
                    }))
        .isInstanceOf(LoadFailedException.class)
        .hasCauseInstanceOf(IOException.class);
    assertThat(cache.getOrLoad(1L, key -> "v")).contains("v");
    assertThat(cache.stats().loadFailures()).isEqualTo(2);
    assertThat(cache.stats().leaseWaits()).isZero();
  }

  @Test
  void who_waits_in_vain_for_another_process_loads_without_storing() {
    Cache<Long, String> cache =
        WORLD
            .client
            .<Long, String>cache("vain", Codec.text())
            .leases(
                new CacheConfig.Leases(
                    Duration.ofSeconds(5), Duration.ofMillis(200), Duration.ofSeconds(5), 8, 8))
            .build();
    WORLD.raw.set("vain:1", "L0123456789abcdef".getBytes(UTF_8));
    assertThat(cache.getOrLoad(1L, key -> "v")).contains("v");
    assertThat(cache.stats().leaseLosses()).isEqualTo(1);
    assertThat(WORLD.raw.get("vain:1")).asString(UTF_8).startsWith("L0123");
  }

  @Test
  void no_more_loads_run_at_once_than_allowed() {
    Cache<Long, String> cache =
        WORLD
            .client
            .<Long, String>cache("permits", Codec.text())
            .leases(
                new CacheConfig.Leases(
                    Duration.ofSeconds(5), Duration.ofSeconds(2), Duration.ofSeconds(5), 2, 100))
            .build();
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AsyncCache<Long, String> async = cache.async();
    CompletableFuture<?>[] reads = new CompletableFuture<?>[12];
    for (int i = 0; i < reads.length; i++) {
      reads[i] =
          async.getOrLoad(
              (long) i,
              key -> {
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
                running.decrementAndGet();
                return "v";
              });
    }
    CompletableFuture.allOf(reads).join();
    assertThat(most.get()).isBetween(1, 2);
  }
}
