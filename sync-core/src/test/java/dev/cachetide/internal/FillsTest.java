package dev.cachetide.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.CacheConfig;
import dev.cachetide.CacheConfig.Expiry;
import dev.cachetide.CacheConfig.Leases;
import dev.cachetide.CacheConfig.Limits;
import dev.cachetide.Codec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class FillsTest {

  private static final long NOW = 1_000_000;

  private final StatsCounter stats = new StatsCounter();

  private Fills<String> fills(Expiry expiry) {
    Limits limits = new Limits(1_000, 100);
    CacheConfig config = new CacheConfig("c", false, null, expiry, Leases.defaults(), limits, null);
    return new Fills<>(
        config,
        new Payloads<>(Codec.text(), limits, true),
        stats,
        InstantSource.fixed(Instant.ofEpochMilli(NOW)),
        new Random(42));
  }

  private static Expiry expiry(double jitter, Duration negative, Duration grace) {
    return new Expiry(
        Duration.ofSeconds(100), jitter, negative, null, 1, grace, Duration.ofMinutes(1));
  }

  @Test
  void ttls_are_spread_over_the_jitter_and_never_longer_than_said() {
    Fills<String> fills = fills(expiry(0.2, Duration.ofSeconds(10), Duration.ZERO));
    Function<String, LongStream> lives =
        value ->
            LongStream.range(0, 1_000).map(i -> fills.of(value, 0, Map.of()).life().toMillis());
    assertThat(lives.apply("v")).allMatch(millis -> millis > 80_000 - 1 && millis <= 100_000);
    assertThat(lives.apply("v").max().orElseThrow() - lives.apply("v").min().orElseThrow())
        .isGreaterThan(18_000);
  }

  @Test
  void the_grace_is_added_to_what_redis_keeps_and_not_to_what_is_served() {
    Fills.Fill fill =
        fills(expiry(0, Duration.ofSeconds(10), Duration.ofSeconds(30))).of("v", 7, Map.of());
    assertThat(fill.content().filledAt()).isEqualTo(NOW);
    assertThat(fill.content().expiresAt()).isEqualTo(NOW + 100_000);
    assertThat(fill.life()).isEqualTo(Duration.ofSeconds(130));
    assertThat(fill.content().generation()).isEqualTo(7);
  }

  @Test
  void absence_has_a_ttl_of_its_own_and_no_grace_or_is_not_stored() {
    Fills.Fill absent =
        fills(expiry(0, Duration.ofSeconds(10), Duration.ofSeconds(30))).of(null, 0, Map.of());
    assertThat(absent.content().payload()).isNull();
    assertThat(absent.life()).isEqualTo(Duration.ofSeconds(10));
    assertThat(fills(expiry(0, Duration.ZERO, Duration.ZERO)).of(null, 0, Map.of())).isNull();
  }

  @Test
  void what_is_too_long_is_not_stored_and_counted_whatever_it_compresses_to() {
    Fills<String> fills = fills(Expiry.defaults());
    assertThat(fills.of("x".repeat(1_001), 0, Map.of())).isNull();
    assertThat(stats.snapshot().oversize()).isEqualTo(1);
    assertThat(fills.of("x".repeat(1_000), 0, Map.of()).content().compressed()).isTrue();
    assertThat(fills.of("x".repeat(99), 0, Map.of()).content().compressed()).isFalse();
  }
}
