package dev.cachetide;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class CacheAsideIT {

  private static final RedisWorld WORLD = RedisWorld.start();

  @AfterAll
  static void stop() {
    WORLD.close();
  }

  @Test
  void a_miss_loads_and_the_next_read_hits() {
    Cache<Long, String> cache = WORLD.texts("miss");
    AtomicInteger loads = new AtomicInteger();
    for (int i = 0; i < 3; i++) {
      assertThat(cache.getOrLoad(1L, key -> "v" + loads.incrementAndGet())).contains("v1");
    }
    assertThat(cache.get(1L)).contains("v1");
    assertThat(cache.evict(1L)).isTrue();
    assertThat(cache.get(1L)).isEmpty();
  }

  @Test
  void what_is_put_stays_for_an_hour_less_the_jitter() {
    Cache<Long, String> cache = WORLD.texts("hour");
    for (long key = 0; key < 20; key++) {
      cache.put(key, "v");
    }
    List<Long> lives =
        java.util.stream.LongStream.range(0, 20)
            .map(key -> WORLD.raw.pttl("hour:" + key))
            .boxed()
            .toList();
    assertThat(lives).allMatch(millis -> millis > 53 * 60_000L && millis <= 60 * 60_000L);
    assertThat(lives.stream().mapToLong(millis -> millis / 1_000).distinct().count())
        .isGreaterThan(5);
  }

  @Test
  void what_is_put_with_a_ttl_of_its_own_has_that_and_ends_with_it() {
    Cache<Long, String> cache = WORLD.texts("own");
    cache.putAll(
        Map.of(
            1L, new Timed<>("short", Duration.ofMillis(150)),
            2L, new Timed<>("long", Duration.ofSeconds(30))));
    assertThat(cache.getAll(List.of(1L, 2L))).containsEntry(2L, "long");
    assertThat(WORLD.raw.pttl("own:2")).isBetween(29_000L, 30_000L);
    await().until(() -> cache.get(1L).isEmpty());
    assertThat(cache.get(2L)).contains("long");
  }

  @Test
  void that_there_is_no_value_is_remembered_for_the_negative_ttl() {
    Cache<Long, String> cache =
        WORLD
            .client
            .<Long, String>cache("absent", Codec.text())
            .negativeTtl(Duration.ofMillis(300))
            .build();
    AtomicInteger loads = new AtomicInteger();
    Loader<Long, String> none =
        key -> {
          loads.incrementAndGet();
          return null;
        };
    assertThat(cache.getOrLoad(1L, none)).isEmpty();
    assertThat(cache.getOrLoad(1L, none)).isEmpty();
    assertThat(loads).hasValue(1);
    await()
        .untilAsserted(
            () -> {
              cache.getOrLoad(1L, none);
              assertThat(loads).hasValueGreaterThan(1);
            });
  }

  @Test
  void remembered_absence_is_ended_by_the_eviction_that_an_insert_causes() {
    Cache<Long, String> cache = WORLD.texts("insert");
    assertThat(cache.getOrLoad(1L, key -> null)).isEmpty();
    WORLD.raw.unlink("insert:1");
    assertThat(cache.getOrLoad(1L, key -> "inserted")).contains("inserted");
  }

  @Test
  void many_are_read_at_once_and_the_rest_is_loaded_at_once() {
    Cache<Long, String> cache = WORLD.texts("many");
    cache.put(1L, "one");
    long before = WORLD.calls("mget");
    assertThat(cache.getAll(List.of(1L, 2L))).isEqualTo(Map.of(1L, "one"));
    assertThat(WORLD.calls("mget")).isEqualTo(before + 1);
    AtomicInteger loads = new AtomicInteger();
    BulkLoader<Long, String> loader =
        keys -> {
          loads.incrementAndGet();
          assertThat(keys).containsExactlyInAnyOrder(2L, 3L);
          return Map.of(2L, "two");
        };
    assertThat(cache.getAllOrLoad(List.of(1L, 2L, 3L), loader))
        .isEqualTo(Map.of(1L, "one", 2L, "two"));
    assertThat(cache.getOrLoad(3L, key -> "not asked")).isEmpty();
    assertThat(cache.getAllOrLoad(List.of(1L, 2L, 3L), loader)).hasSize(2);
    assertThat(loads).hasValue(1);
  }

  @Test
  void a_key_is_written_as_a_rules_template_writes_it() {
    Cache<String, String> cache =
        WORLD.client.<String, String>cache("mail", Codec.text()).prefix("user:email:").build();
    cache.put("a:b%", "v");
    assertThat(WORLD.raw.exists("user:email:a:b%25")).isEqualTo(1);
  }

  @Test
  void an_entry_of_another_kind_or_schema_is_a_miss_and_is_replaced() {
    Cache<Long, String> cache = WORLD.texts("foreign");
    WORLD.raw.set("foreign:1", "somebody else's".getBytes(UTF_8));
    assertThat(cache.get(1L)).isEmpty();
    assertThat(cache.getOrLoad(1L, key -> "ours")).contains("ours");
    Cache<Long, User> newer =
        WORLD.client.<Long, User>cache("foreign", Codec.json(User.class)).build();
    assertThat(newer.get(1L)).isEmpty();
    assertThat(newer.getOrLoad(1L, key -> new User(1, "a@b"))).contains(new User(1, "a@b"));
    assertThat(newer.get(1L)).contains(new User(1, "a@b"));
    assertThat(newer.stats().undecodable()).isGreaterThan(0);
  }

  @Test
  void without_blocking_it_does_the_same() {
    AsyncCache<Long, String> cache = WORLD.texts("async").async();
    assertThat(cache.get(1L).join()).isEmpty();
    assertThat(cache.getOrLoad(1L, key -> "one").join()).contains("one");
    assertThat(cache.getOrLoad(1L, key -> "not asked").join()).contains("one");
    cache.put(2L, "two").join();
    cache.putAll(Map.of(3L, new Timed<>("three", Duration.ofMinutes(1)))).join();
    assertThat(cache.getAll(List.of(1L, 2L, 3L)).join()).hasSize(3);
    assertThat(cache.getAllOrLoad(List.of(3L, 4L), keys -> Map.of(4L, "four")).join()).hasSize(2);
    assertThat(cache.evict(1L).join()).isTrue();
    assertThat(cache.evictAll(List.of(2L, 3L, 4L)).join()).isTrue();
    assertThat(cache.getAll(List.of(1L, 2L, 3L, 4L)).join()).isEmpty();
    assertThat(
            cache.getOrLoad(
                5L,
                key -> {
                  throw new java.io.IOException("away");
                }))
        .failsWithin(Duration.ofSeconds(5))
        .withThrowableThat()
        .withCauseInstanceOf(LoadFailedException.class);
  }

  @Test
  void entries_shared_with_other_applications_are_the_bare_bytes() {
    Cache<Long, String> cache =
        WORLD.client.<Long, String>cache("plain", Codec.text()).plain().build();
    assertThat(cache.getOrLoad(1L, key -> "bare")).contains("bare");
    assertThat(WORLD.raw.get("plain:1")).asString(UTF_8).isEqualTo("bare");
    WORLD.raw.set("plain:2", "theirs".getBytes(UTF_8));
    assertThat(cache.get(2L)).contains("theirs");
  }
}
