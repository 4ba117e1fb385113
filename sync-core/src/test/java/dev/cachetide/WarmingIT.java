package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class WarmingIT {

  private static final RedisWorld WORLD = RedisWorld.start();
  private static final Beats BEATS = new Beats(WORLD.redis.uri(), "warm");

  @AfterAll
  static void stop() {
    BEATS.close();
    WORLD.close();
  }

  private static List<Long> keys(int count) {
    return LongStream.range(0, count).boxed().toList();
  }

  private static Map<Long, String> rows(Collection<Long> keys) {
    return keys.stream().collect(Collectors.toMap(Function.identity(), key -> "v" + key));
  }

  @Test
  void a_list_is_loaded_batch_by_batch_and_progress_is_told() {
    Cache<Long, String> cache = WORLD.texts("list");
    List<Integer> batches = Collections.synchronizedList(new ArrayList<>());
    List<Warming.Result> told = Collections.synchronizedList(new ArrayList<>());
    Warming.Result result =
        cache.warm(
            keys(450),
            asked -> {
              batches.add(asked.size());
              return rows(asked.stream().filter(key -> key != 7).toList());
            },
            Warming.defaults().reporting(told::add));
    assertThat(batches).containsExactlyInAnyOrder(200, 200, 50);
    assertThat(result.seen()).isEqualTo(450);
    assertThat(result.stored()).isEqualTo(449);
    assertThat(result.absent()).isEqualTo(1);
    assertThat(told).hasSize(3).last().extracting(Warming.Result::seen).isEqualTo(450L);
    assertThat(cache.getAll(keys(450))).hasSize(449);
  }

  @Test
  void nothing_that_is_there_or_being_loaded_is_overwritten() {
    Cache<Long, String> cache = WORLD.texts("newer");
    cache.put(1L, "newer");
    WORLD.raw.set("newer:2", "L0123456789abcdef".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    Warming.Result result =
        cache.warm(
            keys(4),
            asked -> {
              cache.put(3L, "put meanwhile");
              return rows(asked);
            },
            Warming.defaults());
    assertThat(result.present()).isEqualTo(2);
    assertThat(result.stored()).isEqualTo(1);
    assertThat(cache.get(1L)).contains("newer");
    assertThat(cache.get(3L)).contains("put meanwhile");
    assertThat(cache.get(0L)).contains("v0");
  }

  @Test
  void the_database_is_asked_for_no_more_than_the_budget() {
    Cache<Long, String> cache = WORLD.texts("budget");
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Warming.Result result =
        cache.warm(
            keys(100),
            asked -> {
              most.accumulateAndGet(running.incrementAndGet(), Math::max);
              LockSupport.parkNanos(5_000_000);
              running.decrementAndGet();
              return rows(asked);
            },
            new Warming(10, 2, 200, told -> {}));
    assertThat(result.stored()).isEqualTo(100);
    assertThat(result.took()).isGreaterThan(Duration.ofMillis(440));
    assertThat(most.get()).isBetween(1, 2);
  }

  @Test
  void a_batch_that_fails_is_counted_and_the_others_go_on() {
    Cache<Long, String> cache = WORLD.texts("fails");
    Warming.Result result =
        cache.warm(
            keys(30),
            asked -> {
              if (asked.contains(0L)) {
                throw new IllegalStateException("away");
              }
              return rows(asked);
            },
            new Warming(10, 1, 10_000, told -> {}));
    assertThat(result.failed()).isEqualTo(10);
    assertThat(result.stored()).isEqualTo(20);
    assertThat(WORLD.raw.exists("fails:0")).as("no lease stays").isZero();
  }

  @Test
  void the_keys_that_l1_saw_most_can_be_warmed_again() {
    try (Cachetide client = Cachetide.builder().redis(WORLD.redis.uri()).pipeline("warm").build()) {
      Cache<Long, String> cache =
          client
              .<Long, String>cache("hot", Codec.text())
              .near(1_000, Duration.ofMinutes(1))
              .loader(key -> "v" + key)
              .build();
      await()
          .atMost(Duration.ofSeconds(15))
          .until(
              () -> {
                for (long key = 0; key < 20; key++) {
                  cache.load(key);
                }
                return cache.stats().nearHits() > 0;
              });
      for (int i = 0; i < 50; i++) {
        cache.load(7L);
        cache.load(8L);
      }
      List<Long> hottest = cache.hottest(2);
      assertThat(hottest).containsExactlyInAnyOrder(7L, 8L);
      cache.evictAll(keys(20));
      Warming.Result result = cache.warm(hottest, WarmingIT::rows, Warming.defaults());
      assertThat(result.stored()).isEqualTo(2);
    }
  }
}
