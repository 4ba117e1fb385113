package dev.cachetide.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cachetide.CacheConfig.Expiry;
import java.time.Duration;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class RenewalTimeTest {

  private static final long FILLED = 5_000;
  private static final long SOFT = 10_000;

  private static RenewalTime time(@Nullable Duration soft, double beta) {
    Expiry expiry =
        new Expiry(
            Duration.ofHours(1),
            0,
            Duration.ZERO,
            soft,
            beta,
            Duration.ZERO,
            Duration.ofMinutes(1));
    return new RenewalTime(expiry, new Random(42));
  }

  private static double share(RenewalTime time, long beforeSoft, long loadMillis) {
    long due =
        IntStream.range(0, 10_000)
            .filter(i -> time.isDue(FILLED + SOFT - beforeSoft, FILLED, loadMillis * 1_000))
            .count();
    return due / 10_000.0;
  }

  @Test
  void nothing_is_due_without_a_soft_ttl_and_everything_once_it_has_passed() {
    assertThat(share(time(null, 1), -1_000_000, 500)).isZero();
    assertThat(share(time(Duration.ofMillis(SOFT), 1), 0, 0)).isEqualTo(1);
    assertThat(share(time(Duration.ofMillis(SOFT), 1), 1, 0)).isZero();
  }

  @Test
  void before_it_chance_grows_with_the_load_time_and_with_beta() {
    RenewalTime usual = time(Duration.ofMillis(SOFT), 1);
    assertThat(share(usual, 500, 500)).isCloseTo(Math.exp(-1), within(0.02));
    assertThat(share(usual, 500, 250)).isCloseTo(Math.exp(-2), within(0.02));
    assertThat(share(usual, 5_000, 100)).isZero();
    assertThat(share(time(Duration.ofMillis(SOFT), 2), 500, 250))
        .isCloseTo(Math.exp(-1), within(0.02));
    assertThat(share(time(Duration.ofMillis(SOFT), 0), 500, 250)).isZero();
  }
}
