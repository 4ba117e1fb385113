package dev.cachetide.internal.receipts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.BacklogException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BacklogTest {

  private final Backlog backlog = new Backlog(3);

  @Test
  void writes_count_from_before_their_acceptance_until_they_are_applied() {
    accept(0, 100);
    accept(1, 50);
    backlog.enter(Duration.ZERO);
    assertThat(backlog.waiting()).isEqualTo(3);
    assertThatThrownBy(() -> backlog.enter(Duration.ofMillis(20)))
        .isInstanceOf(BacklogException.class)
        .hasMessageContaining("3 writes wait");
    backlog.refused();
    backlog.applied(0, 101);
    assertThat(backlog.waiting()).isEqualTo(1);
    accept(0, 101);
    accept(0, 102);
    assertThat(backlog.isFull()).isTrue();
  }

  @Test
  void what_others_wrote_before_counts_once_it_is_known() {
    accept(0, 100);
    assertThat(backlog.waiting()).isEqualTo(1);
    backlog.applied(0, 40);
    assertThat(backlog.waiting()).isEqualTo(61);
    backlog.applied(0, 30);
    assertThat(backlog.waiting()).as("an old receipt that comes again").isEqualTo(61);
    backlog.applied(0, 200);
    assertThat(backlog.waiting()).isZero();
    backlog.applied(7, 5);
    assertThat(backlog.waiting()).as("a partition that nothing is written to").isZero();
  }

  @Test
  void whoever_waits_for_room_goes_on_when_there_is_some() throws Exception {
    accept(0, 1);
    accept(0, 2);
    accept(0, 3);
    CompletableFuture<Void> waiting =
        CompletableFuture.runAsync(() -> backlog.enter(Duration.ofSeconds(30)));
    assertThat(waiting).isNotDone();
    backlog.applied(0, 4);
    waiting.get(10, TimeUnit.SECONDS);
  }

  @Test
  void a_topic_that_was_made_anew_begins_with_nothing() {
    accept(0, 100);
    backlog.restart();
    assertThat(backlog.waiting()).isZero();
    accept(0, 0);
    assertThat(backlog.waiting()).isEqualTo(1);
  }

  @Test
  void without_a_budget_there_is_always_room() {
    Backlog boundless = new Backlog(0);
    for (int i = 0; i < 1_000; i++) {
      boundless.enter(Duration.ZERO);
    }
    assertThat(boundless.isFull()).isFalse();
  }

  private void accept(int partition, long offset) {
    backlog.enter(Duration.ZERO);
    backlog.accepted(partition, offset);
  }
}
