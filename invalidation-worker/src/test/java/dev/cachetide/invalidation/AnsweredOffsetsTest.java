package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.wire.ChannelMessage.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

final class AnsweredOffsetsTest {

  private static final TopicPartition USERS = new TopicPartition("shop.public.users", 3);

  private final AnsweredOffsets answered = new AnsweredOffsets();

  @Test
  void a_range_begins_after_the_last_answer_even_where_offsets_are_missing() {
    answered.begins(USERS, 10);
    assertThat(answered.ranges(records(Map.of(), 10, 11))).isEqualTo(range(9, 11));
    answered.answered(records(Map.of(), 10, 11));
    assertThat(answered.ranges(records(Map.of(), 15, 16))).isEqualTo(range(11, 16));
  }

  @Test
  void a_log_begins_after_minus_one() {
    answered.begins(USERS, 0);
    assertThat(answered.positions()).containsExactly(Map.entry("shop.public.users/3", -1L));
    assertThat(answered.ranges(records(Map.of(), 0))).isEqualTo(range(-1, 0));
  }

  @Test
  void marks_of_transactions_behind_the_last_record_are_answered_for() {
    answered.begins(USERS, 0);
    var next = Map.of(USERS, new OffsetAndMetadata(4));
    assertThat(answered.ranges(records(next, 0, 1))).isEqualTo(range(-1, 3));
    answered.answered(records(next, 0, 1));
    assertThat(answered.positions()).containsExactly(Map.entry("shop.public.users/3", 3L));
  }

  @Test
  void asking_for_ranges_answers_nothing() {
    answered.begins(USERS, 7);
    answered.ranges(records(Map.of(), 7));
    assertThat(answered.positions()).containsExactly(Map.entry("shop.public.users/3", 6L));
  }

  @Test
  void a_partition_that_was_taken_away_and_came_back_lower_starts_lower() {
    answered.begins(USERS, 7);
    answered.answered(records(Map.of(), 7, 8));
    answered.forget(List.of(USERS));
    assertThat(answered.positions()).isEmpty();
    answered.begins(USERS, 7);
    assertThat(answered.ranges(records(Map.of(), 7))).isEqualTo(range(6, 7));
  }

  private static Map<String, Range> range(long previous, long last) {
    return Map.of("shop.public.users/3", new Range(previous, last));
  }

  private static ConsumerRecords<byte[], byte[]> records(
      Map<TopicPartition, OffsetAndMetadata> next, long... offsets) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (long offset : offsets) {
      records.add(
          new ConsumerRecord<>(USERS.topic(), USERS.partition(), offset, new byte[0], new byte[0]));
    }
    return new ConsumerRecords<>(Map.of(USERS, records), next);
  }
}
