package dev.cachetide.internal.near;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.internal.near.NearCache.Held;
import dev.cachetide.wire.Invalidation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class NearCacheTest {

  private static final long NOW = 1_700_000_000_000L;
  private static final NearConfig CONFIG = new NearConfig(1_000, Duration.ofSeconds(60));

  private final AtomicLong nanos = new AtomicLong();
  private final CountingMeters meters = new CountingMeters();
  private boolean usable = true;
  private final NearCache<String> near =
      new NearCache<>(CONFIG, () -> usable, meters, nanos::get, this::wallClock);

  @Test
  void what_was_put_is_served() {
    put("user:7", held("Ada"));
    assertThat(near.get("user:7").value()).isEqualTo("Ada");
    assertThat(near.get("user:8")).isNull();
    assertThat(meters).hasToString("hits 1, misses 1, bypassed 0, dropped 0");
  }

  @Test
  void a_known_absence_is_served_too() {
    put("user:7", held(null));
    assertThat(near.get("user:7")).isNotNull();
    assertThat(near.get("user:7").value()).isNull();
  }

  @Test
  void an_entry_lives_for_the_time_of_l1_at_most() {
    put("user:7", held("Ada", NOW + 3_600_000));
    pass(59_999);
    assertThat(near.get("user:7")).isNotNull();
    pass(1);
    assertThat(near.get("user:7")).isNull();
  }

  @Test
  void an_entry_that_ends_earlier_in_redis_ends_then() {
    put("user:7", held("Ada", NOW + 5_000));
    pass(4_999);
    assertThat(near.get("user:7")).isNotNull();
    pass(1);
    assertThat(near.get("user:7")).isNull();
    put("user:7", held("Ada", NOW + 5_000));
    assertThat(near.size()).as("what has ended already is not held").isZero();
  }

  static Iterable<Invalidation> touching() {
    return List.of(
        new Invalidation.Key("user:7"),
        new Invalidation.Tag("staff"),
        new Invalidation.Pattern("user:[0-9]"),
        new Invalidation.Version("v"),
        new Invalidation.All());
  }

  @ParameterizedTest
  @MethodSource("touching")
  void what_is_invalidated_is_served_no_longer(Invalidation what) {
    put("user:7", held("Ada"));
    near.invalidate(what);
    assertThat(near.get("user:7")).isNull();
    put("user:7", held("Grace"));
    assertThat(near.get("user:7").value()).isEqualTo("Grace");
  }

  @ParameterizedTest
  @MethodSource("touching")
  void what_was_read_before_an_invalidation_is_not_held_after_it(Invalidation what) {
    Ticket before = near.ticket("user:7");
    near.invalidate(what);
    near.put("user:7", before, held("Ada"));
    assertThat(near.get("user:7")).isNull();
    assertThat(meters.dropped).isEqualTo(1);
  }

  @Test
  void what_an_invalidation_does_not_name_stays() {
    put("user:7", held("Ada"));
    near.invalidate(new Invalidation.Key("user:8"));
    near.invalidate(new Invalidation.Tag("guests"));
    near.invalidate(new Invalidation.Pattern("order:*"));
    assertThat(near.get("user:7")).isNotNull();
  }

  @Test
  void a_read_under_a_ticket_from_before_does_not_replace_what_is_newer() {
    Ticket before = near.ticket("user:7");
    near.invalidate(new Invalidation.Key("user:7"));
    put("user:7", held("new"));
    near.put("user:7", before, held("old"));
    assertThat(near.get("user:7").value()).isEqualTo("new");
  }

  @Test
  void nothing_is_served_or_held_while_the_guard_says_no() {
    put("user:7", held("Ada"));
    usable = false;
    assertThat(near.get("user:7")).isNull();
    put("user:8", held("Grace"));
    usable = true;
    assertThat(near.get("user:7")).isNotNull();
    assertThat(near.get("user:8")).isNull();
    assertThat(meters.bypassed).isEqualTo(1);
  }

  @Test
  void a_flush_empties_it() {
    put("user:7", held("Ada"));
    near.flush();
    assertThat(near.get("user:7")).isNull();
    assertThat(near.size()).isZero();
  }

  @Test
  void it_holds_no_more_than_it_may_and_knows_what_is_used_most() {
    NearCache<String> small =
        new NearCache<>(
            new NearConfig(100, Duration.ofSeconds(60)),
            () -> true,
            NearMeters.none(),
            nanos::get,
            this::wallClock);
    for (int i = 0; i < 1_000; i++) {
      small.put("k" + i, small.ticket("k" + i), held("v"));
      small.get("k0");
      small.get("k1");
    }
    assertThat(small.size()).isLessThanOrEqualTo(100);
    assertThat(small.hottest(2)).containsExactlyInAnyOrder("k0", "k1");
  }

  @Test
  void sizes_and_times_that_cannot_be_are_refused_by_name() {
    assertThatThrownBy(() -> new NearConfig(0, Duration.ofSeconds(1)))
        .hasMessageContaining("maximumSize");
    assertThatThrownBy(() -> new NearConfig(1, Duration.ZERO)).hasMessageContaining("ttl");
  }

  private void put(String key, Held<String> held) {
    near.put(key, near.ticket(key), held);
  }

  private void pass(long millis) {
    nanos.addAndGet(millis * 1_000_000);
  }

  private long wallClock() {
    return NOW + nanos.get() / 1_000_000;
  }

  private static Held<String> held(@Nullable String value) {
    return held(value, Long.MAX_VALUE);
  }

  private static Held<String> held(@Nullable String value, long expiresAtMillis) {
    return new Held<>(value, Map.of("staff", "stamp"), NOW, expiresAtMillis, 100, new byte[] {1});
  }
}
