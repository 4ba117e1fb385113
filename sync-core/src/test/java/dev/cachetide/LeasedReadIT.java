package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Reads whose caller loads by itself and fills afterwards. */
final class LeasedReadIT {

  private static final AtomicInteger NAMES = new AtomicInteger();
  private static RedisWorld world;
  private static Cachetide other;

  private final String name = "leased" + NAMES.incrementAndGet();
  private final Cache<Long, String> cache = world.texts(name);

  @BeforeAll
  static void start() {
    world = RedisWorld.start();
    other = Cachetide.builder().redis(world.redis.uri()).build();
    await().until(other::trusted);
  }

  @AfterAll
  static void stop() {
    other.close();
    world.close();
  }

  @Test
  void what_fills_a_miss_is_found_by_the_next_read() {
    try (Leased<String> read = cache.getOrLease(1L)) {
      assertThat(read.hit()).isFalse();
      assertThat(read.fill("v")).isTrue();
      assertThat(read.fill("again")).isFalse();
    }
    try (Leased<String> read = cache.getOrLease(1L)) {
      assertThat(read.hit()).isTrue();
      assertThat(read.value()).contains("v");
      assertThat(read.fill("not asked")).isFalse();
    }
    assertThat(cache.get(1L)).contains("v");
    assertThat(cache.stats().loads()).isEqualTo(1);
    assertThat(cache.stats().hits()).isEqualTo(2);
  }

  @Test
  void an_eviction_between_the_miss_and_the_fill_keeps_the_value_out() {
    try (Leased<String> read = cache.getOrLease(1L)) {
      world.raw.unlink(name + ":1");
      assertThat(read.fill("old")).isFalse();
    }
    assertThat(cache.get(1L)).isEmpty();
    assertThat(cache.stats().rejectedFills()).isEqualTo(1);
  }

  @Test
  void absence_that_was_filled_is_known() {
    try (Leased<String> read = cache.getOrLease(1L)) {
      assertThat(read.fill(null)).isTrue();
    }
    try (Leased<String> read = cache.getOrLease(1L)) {
      assertThat(read.hit()).isTrue();
      assertThat(read.value()).isEmpty();
    }
  }

  @Test
  void a_reader_of_another_process_waits_for_the_fill() throws Exception {
    Cache<Long, String> there = other.<Long, String>cache(name, Codec.text()).build();
    Leased<String> read = cache.getOrLease(1L);
    CompletableFuture<Leased<String>> waiting = there.async().getOrLease(1L);
    await().until(() -> there.stats().leaseWaits() == 1);
    assertThat(read.fill("v")).isTrue();
    assertThat(waiting.get().value()).contains("v");
  }

  @Test
  void what_is_closed_unfilled_keeps_nobody_waiting() {
    cache.getOrLease(1L).close();
    assertThat(world.raw.exists(name + ":1")).isZero();
    try (Leased<String> next = cache.getOrLease(1L)) {
      assertThat(next.fill("v")).isTrue();
    }
    assertThat(cache.stats().leaseWaits()).isZero();
  }

  @Test
  void a_lease_that_somebody_else_has_taken_over_is_not_filled() {
    Leased<String> first = cache.getOrLease(1L);
    world.raw.unlink(name + ":1");
    Leased<String> second = cache.getOrLease(1L);
    assertThat(first.fill("old")).isFalse();
    assertThat(second.fill("new")).isTrue();
    assertThat(cache.get(1L)).contains("new");
  }

  @Test
  void a_tag_that_only_the_value_tells_is_known_from_the_second_load_on() {
    Cache<Long, String> tagged =
        world.client.<Long, String>cache(name, Codec.text()).valueTags(Set::of).build();
    assertThat(tagged.getOrLease(1L).fill(name)).isFalse();
    assertThat(tagged.getOrLease(1L).fill(name)).isTrue();
    assertThat(tagged.get(1L)).contains(name);
  }

  @Test
  void without_redis_it_is_a_miss_that_nothing_fills() {
    try (Cachetide away = Cachetide.builder().redis("redis://127.0.0.1:1").build()) {
      Cache<Long, String> nothing = away.<Long, String>cache(name, Codec.text()).build();
      try (Leased<String> read = nothing.getOrLease(1L)) {
        assertThat(read.hit()).isFalse();
        assertThat(read.fill("v")).isFalse();
      }
      assertThat(away.state()).isEqualTo(new ClientState(false, true, false));
    }
    assertThat(world.client.state()).isEqualTo(new ClientState(true, true, true));
  }
}
