package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BatchSizeTest {

  private static final Duration TARGET = Duration.ofSeconds(1);
  private static final Duration FAST = Duration.ofMillis(10);
  private static final Duration SLOW = Duration.ofMillis(1_001);

  private final BatchSize size = new BatchSize(1_600, TARGET);

  @Test
  void begins_at_a_quarter_and_grows_step_by_step_to_the_most() {
    assertThat(size.commands()).isEqualTo(400);
    size.committed(400, FAST);
    assertThat(size.commands()).isEqualTo(500);
    for (int i = 0; i < 20; i++) {
      size.committed(size.commands(), FAST);
    }
    assertThat(size.commands()).isEqualTo(1_600);
  }

  @Test
  void a_transaction_that_was_not_full_says_nothing_of_a_larger_one() {
    size.committed(399, FAST);
    assertThat(size.commands()).isEqualTo(400);
  }

  @Test
  void a_slow_transaction_halves_it() {
    size.committed(400, SLOW);
    assertThat(size.commands()).isEqualTo(200);
    size.committed(200, TARGET);
    assertThat(size.commands()).isEqualTo(300);
  }

  @Test
  void what_timed_out_is_never_tried_again_at_the_same_size_but_at_one() {
    size.timedOut(400);
    assertThat(size.commands()).isEqualTo(200);
    size.timedOut(30);
    assertThat(size.commands()).isEqualTo(15);
    for (int i = 0; i < 4; i++) {
      size.timedOut(size.commands());
    }
    assertThat(size.commands()).isEqualTo(1);
    size.committed(1, FAST);
    assertThat(size.commands()).isEqualTo(101);
  }

  @Test
  void settles_where_postgres_takes_the_target_latency() {
    for (int i = 0; i < 1_000; i++) {
      size.committed(size.commands(), Duration.ofMillis(2L * size.commands()));
    }
    assertThat(size.commands()).isBetween(250, 600);
  }

  @Test
  void the_least_of_all_limits_still_grows() {
    BatchSize one = new BatchSize(1, TARGET);
    one.committed(1, SLOW);
    one.timedOut(1);
    one.committed(1, FAST);
    assertThat(one.commands()).isEqualTo(1);
  }
}
