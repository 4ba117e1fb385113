package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.wire.ChannelMessage.Batch;
import dev.cachetide.wire.ChannelMessage.Beat;
import dev.cachetide.wire.ChannelMessage.Range;
import dev.cachetide.wire.Invalidation;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

final class AnnouncerTest {

  private static final TopicPartition USERS = new TopicPartition("users", 0);
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochMilli(42));

  private final RecordingRedis redis = new RecordingRedis();
  private final InMemoryCertificates certificates = new InMemoryCertificates();
  private final ManualGeneration postgres = new ManualGeneration();
  private final InvalidationMeters meters =
      new InvalidationMeters(new SimpleMeterRegistry(), CLOCK);
  private long nanos = 7;
  private final Evictor evictor = new Evictor(redis, certificates, Plan::new, meters, () -> nanos);
  private final Announcer announcer =
      new Announcer(redis, evictor, postgres.watch(() -> nanos), meters, () -> nanos, CLOCK);

  @Test
  void a_batch_is_told_with_what_it_answers_for_and_positions_follow() {
    ready();
    announcer.begins(USERS, 5);
    beat();
    announcer.announce(records(5, 6), plan("k"), false);
    pass(500);
    beat();

    assertThat(redis.batches())
        .containsExactly(
            new Batch(Map.of("users/0", new Range(4, 6)), List.of(new Invalidation.Key("k")), 42));
    assertThat(redis.beats())
        .extracting(Beat::positions)
        .containsExactly(Map.of("users/0", 4L), Map.of("users/0", 6L));
  }

  @Test
  void a_message_that_could_not_be_published_moves_nothing() {
    ready();
    announcer.begins(USERS, 5);
    redis.failure = new ExecutionException(new RuntimeException("away"));
    assertThat(announcer.announce(records(5), plan("k"), false))
        .isInstanceOf(Outcome.Transient.class);
    assertThat(announcer.beatWhenDue()).isInstanceOf(Outcome.Transient.class);
    redis.failure = null;
    beat();

    assertThat(redis.beats()).extracting(Beat::positions).containsExactly(Map.of("users/0", 4L));
  }

  @Test
  void a_beat_comes_twice_a_second_however_often_the_loop_turns() {
    ready();
    for (int i = 0; i < 100; i++) {
      beat();
      pass(30);
    }

    assertThat(redis.beats()).hasSize(6);
  }

  @Test
  void nothing_beats_before_the_group_s_size_is_known() {
    beat();
    assertThat(redis.beats()).isEmpty();
    announcer.groupReads(6);
    beat();
    assertThat(redis.beats()).extracting(Beat::partitions).containsExactly(6);
  }

  @Test
  void nothing_beats_with_a_generation_that_is_older_than_two_seconds() {
    ready();
    beat();
    postgres.away = true;
    for (int i = 0; i < 50; i++) {
      pass(100);
      beat();
    }
    assertThat(redis.beats()).hasSize(5);
    postgres.away = false;
    pass(500);
    beat();
    assertThat(redis.beats()).hasSize(6);
  }

  @Test
  void another_generation_is_told_at_once() {
    ready();
    beat();
    postgres.generation = 9;
    announcer.generationMayHaveChanged();
    pass(1);
    beat();
    beat();

    assertThat(redis.beats()).extracting(Beat::generation).containsExactly(0L, 9L);
  }

  @Test
  void nothing_is_vouched_for_while_it_must_not_be_and_then_by_a_generation_read_since() {
    ready();
    beat();
    announcer.vouching(false);
    for (int i = 0; i < 50; i++) {
      pass(100);
      beat();
    }
    assertThat(redis.beats()).hasSize(1);
    pass(1);
    postgres.away = true;
    announcer.vouching(true);
    beat();
    assertThat(redis.beats()).hasSize(1);
    postgres.away = false;
    postgres.generation = 9;
    pass(500);
    beat();

    assertThat(redis.beats()).extracting(Beat::generation).containsExactly(0L, 9L);
  }

  @Test
  void a_generation_that_was_read_before_vouching_again_is_not_told() {
    ready();
    beat();
    announcer.vouching(false);
    beat();
    postgres.generation = 9;
    announcer.vouching(true);
    pass(500);
    beat();

    assertThat(redis.beats()).extracting(Beat::generation).containsExactly(0L, 9L);
  }

  @Test
  void a_start_of_redis_is_told_as_certified_with_a_generation_that_was_read_since() {
    certificates.runId = "run-1";
    ready();
    evictor.evict(new Plan());
    beat();
    postgres.generation = 1;
    redis.connects++;
    redis.runId = "run-2";
    pass(100);
    evictor.evict(new Plan());
    beat();

    assertThat(redis.beats())
        .extracting(Beat::certified)
        .containsExactly(Set.of("run-1"), Set.of("run-2"));
    assertThat(redis.beats()).extracting(Beat::generation).containsExactly(0L, 1L);
  }

  @Test
  void a_start_that_could_not_be_noted_in_postgres_is_not_told_as_certified() {
    ready();
    certificates.away = true;
    evictor.evict(new Plan());
    beat();

    assertThat(redis.beats()).extracting(Beat::certified).containsExactly(Set.of());
  }

  @Test
  void a_flush_is_told_before_the_next_beat_and_once() {
    ready();
    evictor.evict(new Plan());
    redis.failure = new ExecutionException(new RuntimeException("away"));
    assertThat(announcer.beatWhenDue()).isInstanceOf(Outcome.Transient.class);
    redis.failure = null;
    beat();
    pass(500);
    beat();

    assertThat(redis.published).hasSize(3);
    assertThat(redis.published.get(0))
        .isEqualTo(new Batch(Map.of(), List.of(new Invalidation.All()), 42));
  }

  @Test
  void closing_closes_the_connection_to_postgres() {
    announcer.close();
    assertThat(postgres.closed).isTrue();
  }

  private void ready() {
    announcer.groupReads(1);
  }

  private void beat() {
    assertThat(announcer.beatWhenDue()).isEqualTo(Outcome.applied());
  }

  private void pass(long millis) {
    nanos += Duration.ofMillis(millis).toNanos();
  }

  private static Plan plan(String key) {
    Plan plan = new Plan();
    plan.evict(key);
    return plan;
  }

  private static ConsumerRecords<byte[], byte[]> records(long from, long... more) {
    List<ConsumerRecord<byte[], byte[]>> records =
        java.util.stream.LongStream.concat(
                java.util.stream.LongStream.of(from), java.util.stream.LongStream.of(more))
            .mapToObj(offset -> new ConsumerRecord<>("users", 0, offset, new byte[0], new byte[0]))
            .toList();
    return new ConsumerRecords<>(Map.of(USERS, records), Map.of());
  }
}
