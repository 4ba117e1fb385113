package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

final class GenerationWatchTest {

  private final ManualGeneration postgres = new ManualGeneration();
  private final Deque<Runnable> questions = new ArrayDeque<>();
  private long nanos = 5;
  private final GenerationWatch watch =
      new GenerationWatch(postgres, questions::add, () -> {}, () -> nanos);

  @Test
  void nothing_is_known_before_the_first_answer() {
    watch.look();
    assertThat(watch.known()).isEmpty();
    questions.remove().run();
    assertThat(watch.known()).hasValue(0);
  }

  @Test
  void postgres_is_asked_twice_a_second_and_never_twice_at_once() {
    watch.look();
    pass(5_000);
    watch.look();
    assertThat(questions).hasSize(1);
    questions.remove().run();
    watch.look();
    questions.remove().run();
    pass(499);
    watch.look();
    assertThat(questions).isEmpty();
    pass(1);
    watch.look();
    assertThat(questions).hasSize(1);
  }

  @Test
  void an_answer_counts_for_two_seconds_from_when_it_was_asked_for() {
    watch.look();
    pass(1_500);
    questions.remove().run();
    pass(500);
    assertThat(watch.known()).hasValue(0);
    pass(1);
    assertThat(watch.known()).isEmpty();
  }

  @Test
  void a_postgres_that_is_away_leaves_what_was_known_to_grow_old() {
    watch.look();
    questions.remove().run();
    postgres.away = true;
    pass(1_000);
    watch.look();
    questions.remove().run();
    assertThat(watch.known()).hasValue(0);
    pass(1_001);
    assertThat(watch.known()).isEmpty();
  }

  @Test
  void an_answer_to_a_question_from_before_a_change_does_not_count() {
    watch.look();
    pass(1);
    watch.changed();
    questions.remove().run();
    assertThat(watch.known()).isEmpty();
    postgres.generation = 1;
    watch.look();
    questions.remove().run();
    assertThat(watch.known()).hasValue(1);
  }

  private void pass(long millis) {
    nanos += Duration.ofMillis(millis).toNanos();
  }
}
