package dev.cachetide.runtime;

import static dev.cachetide.runtime.LoopWorld.A;
import static dev.cachetide.runtime.LoopWorld.AGAIN;
import static dev.cachetide.runtime.LoopWorld.B;
import static dev.cachetide.runtime.LoopWorld.letter;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

final class PollLoopTest {

  private static final Duration LONG = Duration.ofSeconds(6);

  private final LoopWorld world = new LoopWorld();

  @Test
  void a_batch_is_handed_over_and_committed_after_the_interval() {
    world.settled().publish(A, 0, 3);
    world.turn(1);
    assertThat(world.handler.calls).containsExactly("handle [t-0@0, t-0@1, t-0@2]");
    assertThat(world.committed(A)).isZero();
    world.pass(Duration.ofSeconds(1));
    world.turn(1);
    assertThat(world.committed(A)).isEqualTo(3);
    assertThat(world.count("cachetide.consumer.batches")).isEqualTo(1);
    assertThat(world.count("cachetide.consumer.records")).isEqualTo(3);
  }

  @Test
  void a_transient_failure_pauses_everything_and_hands_the_same_batch_again() {
    world.settled().publish(A, 0, 2);
    world.handler.handling.add(AGAIN);
    world.handler.handling.add(AGAIN);
    world.turn(1);
    assertThat(world.consumer.paused()).containsExactlyInAnyOrder(A, B);
    assertThat(world.health.readiness()).isEqualTo(Readiness.no("retrying: reach the target"));
    world.turn(3);
    assertThat(world.handler.calls).hasSize(1);
    world.pass(LONG);
    world.turn(1);
    world.pass(LONG);
    world.turn(1);
    assertThat(world.handler.calls)
        .containsExactly("handle [t-0@0, t-0@1]", "handle [t-0@0, t-0@1]", "handle [t-0@0, t-0@1]");
    assertThat(world.consumer.paused()).isEmpty();
    assertThat(world.health.readiness()).isEqualTo(Readiness.yes());
    assertThat(world.count("cachetide.consumer.retries")).isEqualTo(2);
  }

  @Test
  void an_unfinished_batch_comes_again_after_its_pause_and_counts_as_no_failure() {
    world.settled().publish(A, 0, 2);
    world.handler.handling.add(new Outcome.Unfinished(Duration.ofSeconds(1)));
    world.handler.handling.add(new Outcome.Unfinished(Duration.ZERO));
    world.turn(2);
    assertThat(world.handler.calls).hasSize(1);
    assertThat(world.consumer.paused()).containsExactlyInAnyOrder(A, B);
    assertThat(world.health.readiness()).isEqualTo(Readiness.yes());
    world.pass(Duration.ofSeconds(1));
    world.turn(1);
    assertThat(world.committed(A)).isZero();
    world.turn(1);
    assertThat(world.handler.calls)
        .containsExactly("handle [t-0@0, t-0@1]", "handle [t-0@0, t-0@1]", "handle [t-0@0, t-0@1]");
    assertThat(world.consumer.paused()).isEmpty();
    assertThat(world.count("cachetide.consumer.retries")).isZero();
  }

  @Test
  void nothing_is_committed_while_a_batch_fails() {
    world.settled().publish(A, 0, 2);
    for (int i = 0; i < 5; i++) {
      world.handler.handling.add(AGAIN);
    }
    for (int i = 0; i < 4; i++) {
      world.turn(1);
      world.pass(LONG);
    }
    assertThat(world.committed(A)).isZero();
  }

  @Test
  void a_fatal_outcome_ends_the_loop_as_failed_and_releases_everything() {
    world.settled().publish(A, 0, 2);
    world.handler.handling.add(new Outcome.Fatal("write: grant it", new RuntimeException()));
    assertThat(world.loop.run()).isEqualTo(ExitStatus.FAILED);
    assertThat(world.consumer.closed()).isTrue();
    assertThat(world.handler.closed).isTrue();
    assertThat(world.deadLetters.closed).isTrue();
    assertThat(world.committed(A)).isZero();
    assertThat(world.health.alive()).isFalse();
  }

  @Test
  void an_exception_of_a_handler_ends_the_loop_as_failed_and_releases_everything() {
    world.settled().publish(A, 0, 2);
    world.handler.bug = new IllegalStateException("a bug");
    assertThat(world.loop.run()).isEqualTo(ExitStatus.FAILED);
    assertThat(world.handler.closed).isTrue();
    assertThat(world.committed(A)).isZero();
  }

  @Test
  void an_error_of_a_handler_ends_the_loop_as_failed_and_releases_everything() {
    world.settled().publish(A, 0, 2);
    world.handler.defect = new NoClassDefFoundError("a/Missing");
    assertThat(world.loop.run()).isEqualTo(ExitStatus.FAILED);
    assertThat(world.handler.closed).isTrue();
    assertThat(world.consumer.closed()).isTrue();
    assertThat(world.health.alive()).isFalse();
    assertThat(world.committed(A)).isZero();
  }

  @Test
  void a_topic_that_was_made_anew_is_answered_for_and_read_from_its_beginning() {
    world.settled().publish(A, 0, 3);
    world.turn(1);
    world.handler.calls.clear();
    world.topicId = new Uuid(7, 2);
    world.topicIds.look(Set.of("t"));
    world.handler.losing.add(AGAIN);
    world.turn(1);
    assertThat(world.health.readiness().ready()).isFalse();
    world.pass(LONG);
    world.turn(1);
    assertThat(world.handler.calls)
        .containsExactly("offsetsLost [t-0, t-1]", "offsetsLost [t-0, t-1]");
    assertThat(world.consumer.position(A)).isZero();
    assertThat(world.consumer.paused()).isEmpty();
    assertThat(world.committed(A)).isZero();
    world.turn(1);
    assertThat(world.handler.calls).hasSize(2);
  }

  @Test
  void parked_records_are_kept_before_progress_moves() {
    world.settled().publish(A, 0, 2);
    world.handler.handling.add(new Outcome.Applied(List.of(letter(A, 1))));
    world.deadLetters.failures.add(new Outcome.Transient("park", new RuntimeException()));
    world.turn(1);
    world.pass(Duration.ofSeconds(2));
    assertThat(world.progress.uncommitted()).isEmpty();
    assertThat(world.consumer.paused()).isNotEmpty();
    world.pass(LONG);
    world.turn(2);
    assertThat(world.deadLetters.kept).extracting(l -> l.record().offset()).containsExactly(1L);
    assertThat(world.handler.calls).as("the batch is not handled again").hasSize(1);
    assertThat(world.committed(A)).isEqualTo(2);
    assertThat(world.count("cachetide.consumer.parked")).isEqualTo(1);
  }

  @Test
  void no_record_is_read_before_its_partition_is_prepared() {
    world.commit(A, 0);
    world.handler.assigning.add(AGAIN);
    world.assign(A);
    world.publish(A, 0, 1);
    world.turn(1);
    assertThat(world.consumer.paused()).containsExactly(A);
    assertThat(world.health.readiness().ready()).isFalse();
    world.pass(LONG);
    world.turn(1);
    assertThat(world.handler.calls).containsExactly("assigned [t-0]", "assigned [t-0]");
    assertThat(world.consumer.paused()).isEmpty();
  }

  @Test
  void a_handler_decides_where_reading_begins() {
    world.commit(A, 3);
    world.handler.starts.put(A, 7L);
    world.assign(A);
    world.turn(1);
    assertThat(world.consumer.position(A)).isEqualTo(7);
    world.pass(Duration.ofSeconds(1));
    world.turn(1);
    assertThat(world.committed(A)).as("for the display of lag").isEqualTo(7);
  }

  @Test
  void a_new_group_begins_at_the_first_record() {
    world.assign(A);
    world.turn(2);
    world.publish(A, 0, 2);
    world.turn(1);
    assertThat(world.handler.calls).containsExactly("assigned [t-0]", "handle [t-0@0, t-0@1]");
  }

  @Test
  void a_group_without_offset_before_truncated_records_is_told() {
    world.consumer.updateBeginningOffsets(Map.of(A, 5L));
    world.assign(A);
    world.turn(2);
    assertThat(world.handler.calls).containsExactly("assigned [t-0]", "offsetsLost [t-0]");
    assertThat(world.consumer.position(A)).isEqualTo(5);
    assertThat(world.consumer.paused()).isEmpty();
  }

  @Test
  void lost_records_are_answered_for_before_reading_goes_on() {
    world.settled();
    world.handler.losing.add(AGAIN);
    world.consumer.updateBeginningOffsets(Map.of(A, 40L));
    world.consumer.setPollException(new OffsetOutOfRangeException(Map.of(A, 1L)));
    world.turn(1);
    assertThat(world.consumer.paused()).contains(A);
    assertThat(world.committed(A)).isZero();
    world.pass(LONG);
    world.turn(2);
    assertThat(world.handler.calls).containsExactly("offsetsLost [t-0]", "offsetsLost [t-0]");
    assertThat(world.consumer.position(A)).isEqualTo(40);
    world.pass(LONG);
    world.turn(1);
    assertThat(world.committed(A)).isEqualTo(40);
    assertThat(world.consumer.paused()).isEmpty();
  }

  @Test
  void lost_records_are_fatal_to_a_handler_that_does_not_answer() {
    RecordHandler silent = batch -> Outcome.applied();
    assertThat(silent.offsetsLost(List.of(A))).isInstanceOf(Outcome.Fatal.class);
  }

  @Test
  void a_handler_is_told_where_reading_begins_and_goes_on() {
    world.commit(A, 7);
    world.handler.starts.put(B, 5L);
    world.assign(A, B);
    world.turn(1);
    assertThat(world.handler.begins).containsExactlyInAnyOrder("t-0@7", "t-1@5");
    world.handler.begins.clear();
    world.topicIds.look(Set.of("t"));
    world.topicId = new Uuid(7, 2);
    world.topicIds.look(Set.of("t"));
    world.turn(1);
    assertThat(world.handler.begins).containsExactlyInAnyOrder("t-0@0", "t-1@0");
  }

  @Test
  void a_handler_is_told_how_much_the_group_reads_once_it_is_known_and_when_it_changes() {
    world.settled();
    assertThat(world.handler.groupReads).isEmpty();
    world.groupSize.look();
    world.turn(2);
    assertThat(world.handler.groupReads).containsExactly(2);
    world.groupReads = 3;
    world.groupSize.look();
    world.turn(2);
    assertThat(world.handler.groupReads).containsExactly(2, 3);
  }

  @Test
  void revoked_partitions_are_committed_dropped_from_the_batch_and_forgotten() {
    world.settled().publish(A, 0, 2);
    world.turn(1);
    world.publish(A, 2, 3);
    world.publish(B, 0, 1);
    world.handler.handling.add(AGAIN);
    world.turn(2);
    world.assign(B);
    assertThat(world.handler.calls).contains("unassigned [t-0]");
    assertThat(world.committed(A)).isEqualTo(2);
    world.pass(LONG);
    world.turn(1);
    assertThat(world.handler.calls.get(world.handler.calls.size() - 1)).doesNotContain("t-0@");
    assertThat(world.progress.positions()).containsOnlyKeys(B);
  }

  @Test
  void lost_partitions_are_forgotten_without_a_commit() {
    world.settled().publish(A, 0, 2);
    world.turn(1);
    world.lose(A, B);
    assertThat(world.committed(A)).isZero();
    assertThat(world.handler.calls).contains("unassigned [t-0, t-1]");
    assertThat(world.health.readiness().ready()).isFalse();
    world.pass(LONG);
    world.turn(1);
    assertThat(world.committed(A)).isZero();
  }

  @Test
  void dead_letters_of_a_revoked_partition_are_left_to_its_next_owner() {
    world.settled().publish(A, 0, 1);
    world.publish(B, 0, 1);
    world.handler.handling.add(new Outcome.Applied(List.of(letter(A, 0))));
    world.deadLetters.failures.add(AGAIN);
    world.turn(1);
    world.assign(B);
    world.pass(LONG);
    world.turn(1);
    assertThat(world.deadLetters.kept).isEmpty();
  }

  @Test
  void a_failed_commit_is_repeated() {
    world.settled().publish(A, 0, 2);
    world.consumer.failingCommits = new KafkaException("no coordinator");
    world.turn(1);
    world.pass(Duration.ofSeconds(1));
    world.turn(1);
    assertThat(world.committed(A)).isZero();
    world.consumer.failingCommits = null;
    world.pass(Duration.ofSeconds(1));
    world.turn(1);
    assertThat(world.committed(A)).isEqualTo(2);
    assertThat(world.count("cachetide.consumer.commit.failures")).isEqualTo(1);
  }

  @Test
  void a_poll_that_times_out_is_tried_again() {
    world.settled();
    world.consumer.setPollException(new TimeoutException("brokers away"));
    world.turn(1);
    assertThat(world.health.readiness().ready()).isFalse();
    world.publish(A, 0, 1);
    world.pass(LONG);
    world.turn(3);
    assertThat(world.health.readiness()).isEqualTo(Readiness.yes());
    assertThat(world.consumer.paused()).isEmpty();
  }

  @Test
  void a_stop_finishes_the_batch_in_flight() {
    world.settled().publish(A, 0, 2);
    world.handler.handling.add(AGAIN);
    world.turn(1);
    world.letTimePass();
    world.loop.stop();
    assertThat(world.loop.run()).isEqualTo(ExitStatus.STOPPED);
    assertThat(world.handler.calls).contains("handle [t-0@0, t-0@1]").hasSizeGreaterThan(1);
    assertThat(world.consumer.closed()).isTrue();
    assertThat(world.handler.closed).isTrue();
  }

  @Test
  void a_stop_gives_a_batch_up_that_fails_for_too_long() {
    world.settled().publish(A, 0, 2);
    for (int i = 0; i < 10_000; i++) {
      world.handler.handling.add(AGAIN);
    }
    world.turn(1);
    world.letTimePass();
    world.loop.stop();
    assertThat(world.loop.run()).isEqualTo(ExitStatus.STOPPED);
    assertThat(world.committed(A)).isZero();
    assertThat(world.handler.closed).isTrue();
  }

  @Test
  void a_second_batch_while_one_is_in_flight_is_refused() {
    InFlight inFlight =
        new InFlight(
            world.handler,
            world.deadLetters,
            new LoopMeters(world.registry, "g", java.time.InstantSource.system()));
    var batch = new ConsumerRecords<>(Map.of(A, List.of(LoopWorld.record(A, 0))), Map.of());
    inFlight.take(batch);
    assertThatThrownBy(() -> inFlight.take(batch)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void readiness_needs_membership_an_answering_kafka_and_a_turning_loop() {
    assertThat(world.health.readiness()).isEqualTo(Readiness.no("not a member of its group yet"));
    world.settled();
    assertThat(world.health.readiness()).isEqualTo(Readiness.yes());
    world.health.kafkaAnswers(false);
    assertThat(world.health.readiness()).isEqualTo(Readiness.no("Kafka does not answer"));
    world.health.kafkaAnswers(true);
    world.pass(Duration.ofMinutes(6));
    assertThat(world.health.alive()).isFalse();
    assertThat(world.health.readiness().reason()).contains("one batch takes longer");
    world.turn(1);
    assertThat(world.health.readiness()).isEqualTo(Readiness.yes());
  }
}
