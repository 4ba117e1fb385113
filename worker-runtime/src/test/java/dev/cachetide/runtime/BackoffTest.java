package dev.cachetide.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class BackoffTest {

  private static final Duration FIRST = Duration.ofMillis(50);
  private static final Duration MAX = Duration.ofSeconds(5);

  @Test
  void the_same_seed_gives_the_same_pauses() {
    assertThat(IntStream.range(1, 50).mapToObj(new Backoff(FIRST, MAX, new Random(7))::pause))
        .isEqualTo(
            IntStream.range(1, 50)
                .mapToObj(new Backoff(FIRST, MAX, new Random(7))::pause)
                .toList());
  }

  @Test
  void a_pause_is_at_least_a_millisecond_and_at_most_the_doubled_ceiling() {
    Backoff backoff = new Backoff(FIRST, MAX, new Random(1));
    for (int attempt = 1; attempt < 8; attempt++) {
      long ceiling = Math.min(5_000, 50L << (attempt - 1));
      for (int i = 0; i < 200; i++) {
        assertThat(backoff.pause(attempt).toMillis()).isBetween(1L, ceiling);
      }
    }
  }

  @Test
  void pauses_are_spread_over_the_whole_range() {
    Backoff backoff = new Backoff(FIRST, MAX, new Random(1));
    assertThat(
            IntStream.range(0, 1_000)
                .mapToLong(i -> backoff.pause(20).toMillis())
                .summaryStatistics())
        .satisfies(
            seen -> {
              assertThat(seen.getMin()).isLessThan(200);
              assertThat(seen.getMax()).isGreaterThan(4_800);
            });
  }

  @Test
  void no_number_of_failures_overflows() {
    Backoff backoff = new Backoff(Duration.ofMillis(1), Duration.ofDays(365), new Random(1));
    assertThat(backoff.pause(Integer.MAX_VALUE)).isPositive();
  }

  @Test
  void nonsense_is_refused() {
    assertThatThrownBy(() -> new Backoff(MAX, FIRST, new Random(1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Backoff(FIRST, MAX, new Random(1)).pause(0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
