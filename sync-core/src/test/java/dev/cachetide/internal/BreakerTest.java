package dev.cachetide.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The breaker around Redis, and the guard that asks it. */
final class BreakerTest {

  private static final Duration OPEN = Duration.ofSeconds(1);
  private static final Duration TRIALS_END = Duration.ofMillis(300);
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final IllegalStateException away = new IllegalStateException("away");
  private final Breaker breaker = new ResilienceBreaker("test", OPEN, TRIALS_END);
  private final StatsCounter stats = new StatsCounter();
  private final Guard guard =
      new Guard("test", breaker, stats, System::nanoTime, Duration.ofMillis(50));

  private void open() {
    for (int i = 0; i < 10; i++) {
      guard.ask(() -> CompletableFuture.failedFuture(away));
    }
    assertThat(breaker.allows()).isFalse();
  }

  private boolean answers() {
    return guard.ask(() -> CompletableFuture.completedFuture("v")).answered();
  }

  private boolean closed() {
    return IntStream.range(0, 20).allMatch(i -> answers());
  }

  @Test
  void it_closes_again_by_itself_when_redis_answers() {
    open();
    await().atMost(LIMIT).until(this::closed);
  }

  @Test
  void it_opens_again_when_redis_still_does_not_answer() {
    open();
    List<Boolean> sent = new ArrayList<>();
    await()
        .atMost(LIMIT)
        .until(
            () -> {
              guard.ask(
                  () -> {
                    sent.add(true);
                    return CompletableFuture.failedFuture(away);
                  });
              return sent.size() >= 3;
            });
    assertThat(breaker.allows()).isFalse();
  }

  @Test
  void commands_that_never_end_do_not_keep_it_from_closing() {
    open();
    List<CompletableFuture<String>> hanging = new ArrayList<>();
    await()
        .atMost(LIMIT)
        .until(
            () -> {
              var unused =
                  guard.send(
                      () -> {
                        hanging.add(new CompletableFuture<>());
                        return hanging.get(hanging.size() - 1);
                      });
              return hanging.size() >= 3;
            });
    assertThat(breaker.allows()).as("every trial is given out").isFalse();
    await().atMost(LIMIT).until(this::closed);
  }

  @Test
  void an_eviction_is_sent_though_it_is_open_and_tells_it_nothing() {
    Guard refused =
        new Guard("test", new Refusing(), stats, System::nanoTime, Duration.ofMillis(50));
    assertThat(refused.ask(() -> CompletableFuture.completedFuture(1L)).answered()).isFalse();
    assertThat(refused.await(refused.insist(() -> CompletableFuture.completedFuture(1L))).value())
        .isEqualTo(1L);
  }

  /** Open for good. */
  private static final class Refusing implements Breaker {
    @Override
    public boolean allows() {
      return false;
    }

    @Override
    public void succeeded(long nanos) {
      throw new AssertionError("nobody was allowed");
    }

    @Override
    public void failed(long nanos, Throwable failure) {
      throw new AssertionError("nobody was allowed");
    }
  }
}
