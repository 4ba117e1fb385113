package dev.cachetide.invalidation.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SecondEvictionsTest {

  private long nanos;
  private final SecondEvictions second = new SecondEvictions(() -> nanos, 2);

  @Test
  void a_key_is_due_after_its_delay_and_waits_anew_when_it_changes_again() {
    second.add(Map.of("a", Duration.ofMillis(500)));
    pass(400);
    assertThat(second.due()).isEmpty();
    second.add(Map.of("a", Duration.ofMillis(500)));
    pass(400);
    assertThat(second.due()).isEmpty();
    pass(100);
    assertThat(second.due()).containsExactly("a");
  }

  @Test
  void a_key_stays_due_until_redis_has_answered() {
    second.add(Map.of("a", Duration.ofMillis(500)));
    pass(500);
    assertThat(second.due()).containsExactly("a");
    assertThat(second.due()).containsExactly("a");
    second.done(List.of("a"));
    assertThat(second.due()).isEmpty();
    assertThat(second.all()).isEmpty();
  }

  @Test
  void with_too_many_the_first_ones_are_due_early() {
    for (String key : List.of("a", "b", "c")) {
      second.add(Map.of(key, Duration.ofMillis(500)));
      pass(10);
    }
    assertThat(second.due()).containsExactly("a");
    assertThat(second.all()).hasSize(3);
  }

  private void pass(int millis) {
    nanos += Duration.ofMillis(millis).toNanos();
  }
}
