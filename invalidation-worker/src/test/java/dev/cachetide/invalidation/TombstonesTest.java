package dev.cachetide.invalidation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

final class TombstonesTest {

  private final Tombstones tombstones = new Tombstones();

  @Test
  void a_tombstone_follows_the_delete_of_its_key_in_its_partition() {
    tombstones.deleted(record(0, "1"));

    assertThat(tombstones.follows(record(0, "1"))).isTrue();
    assertThat(tombstones.follows(record(0, "2"))).isFalse();
    assertThat(tombstones.follows(record(1, "1"))).isFalse();
  }

  @Test
  void one_without_a_delete_before_it_and_one_after_the_partition_has_moved_follow_none() {
    assertThat(tombstones.follows(record(0, "1"))).isFalse();
    tombstones.deleted(record(0, "1"));
    tombstones.forget(List.of(new TopicPartition("t", 0)));

    assertThat(tombstones.follows(record(0, "1"))).isFalse();
  }

  private static ConsumerRecord<byte[], byte[]> record(int partition, String key) {
    return new ConsumerRecord<>("t", partition, 0, key.getBytes(UTF_8), null);
  }
}
