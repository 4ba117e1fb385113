package dev.cachetide.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TransactionTrackerTest {

  private final TransactionTracker tracker = new TransactionTracker();

  @Test
  void each_transaction_counts_from_zero() {
    assertThat(tracker.next(5)).isEqualTo(0);
    assertThat(tracker.next(5)).isEqualTo(1);
    assertThat(tracker.next(6)).isEqualTo(0);
  }

  @Test
  void the_echo_lasts_as_long_as_its_transaction() {
    tracker.next(5);
    assertThat(tracker.echo()).isNull();
    tracker.applied("w", 3, 18);
    tracker.next(5);
    assertThat(tracker.echo()).isEqualTo("w/3/17");
    tracker.next(6);
    assertThat(tracker.echo()).isNull();
  }

  @Test
  void a_partition_that_nothing_was_applied_of_echoes_nothing() {
    tracker.next(5);
    tracker.applied("w", 3, 0);
    assertThat(tracker.echo()).isNull();
  }
}
