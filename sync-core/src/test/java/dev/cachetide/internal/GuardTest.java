package dev.cachetide.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class GuardTest {

  private final StatsCounter stats = new StatsCounter();
  private final AtomicLong nanos = new AtomicLong();

  private Guard guard(Breaker breaker) {
    return new Guard("c", breaker, stats, nanos::get, Duration.ofMillis(50));
  }

  @Test
  void an_answer_is_handed_on_and_a_failure_becomes_none_and_is_counted() {
    Guard guard = guard(Breaker.always());
    assertThat(guard.ask(() -> CompletableFuture.completedFuture(true)).isTrue()).isTrue();
    assertThat(
            guard
                .ask(() -> CompletableFuture.failedFuture(new IllegalStateException("away")))
                .answered())
        .isFalse();
    assertThat(
            guard
                .ask(
                    () -> {
                      throw new IllegalStateException("not even sent");
                    })
                .answered())
        .isFalse();
    assertThat(stats.snapshot().errors()).isEqualTo(2);
  }

  @Test
  void nobody_waits_for_an_answer_that_does_not_come() {
    assertThat(guard(Breaker.always()).ask(CompletableFuture::new).answered()).isFalse();
  }

  @Test
  void an_interrupt_is_no_answer_and_stays() {
    Thread.currentThread().interrupt();
    assertThat(guard(Breaker.always()).ask(CompletableFuture::new).answered()).isFalse();
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void after_enough_failures_redis_is_not_asked_for_a_second() {
    Guard guard = guard(Breaker.create("test"));
    AtomicInteger asked = new AtomicInteger();
    for (int i = 0; i < 100; i++) {
      guard.ask(
          () -> {
            asked.incrementAndGet();
            return CompletableFuture.failedFuture(new IllegalStateException("away"));
          });
    }
    assertThat(asked).hasValue(10);
    assertThat(stats.snapshot().errors()).isEqualTo(10);
  }
}
