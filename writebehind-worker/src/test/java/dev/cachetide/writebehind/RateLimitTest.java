package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitTest {

  private final AtomicLong now = new AtomicLong(7);
  private final RateLimit rate = new RateLimit(1_000, now::get);

  @Test
  void no_limit_allows_everything() {
    RateLimit none = new RateLimit(0, now::get);
    none.spent(1_000_000);
    assertThat(none.allowed(5_000)).isEqualTo(5_000);
    assertThat(none.pause(5_000)).isZero();
  }

  @Test
  void a_second_is_worth_what_the_limit_says() {
    assertThat(rate.allowed(5_000)).isEqualTo(1_000);
    rate.spent(1_000);
    assertThat(rate.allowed(1)).isZero();
    pass(Duration.ofSeconds(10));
    assertThat(rate.allowed(5_000)).isEqualTo(1_000);
  }

  @Test
  void less_than_a_tenth_of_a_second_is_waited_for() {
    rate.spent(1_000);
    assertThat(rate.pause(5_000)).isEqualTo(Duration.ofMillis(100));
    pass(Duration.ofMillis(99));
    assertThat(rate.allowed(5_000)).isZero();
    assertThat(rate.allowed(50)).isEqualTo(50);
    pass(rate.pause(5_000));
    assertThat(rate.allowed(5_000)).isEqualTo(100);
  }

  @Test
  void a_low_limit_lets_one_after_the_other_through() {
    RateLimit slow = new RateLimit(2, now::get);
    slow.spent(2);
    assertThat(slow.pause(5_000)).isEqualTo(Duration.ofMillis(500));
    pass(Duration.ofMillis(500));
    assertThat(slow.allowed(5_000)).isEqualTo(1);
  }

  @Test
  void over_a_long_time_the_limit_is_kept() {
    long applied = 0;
    for (int millis = 0; millis < 60_000; millis += 7) {
      int allowed = rate.allowed(300);
      rate.spent(allowed);
      applied += allowed;
      pass(Duration.ofMillis(7));
    }
    assertThat(applied).isBetween(59_900L, 61_100L);
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }
}
