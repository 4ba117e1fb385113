package dev.cachetide.invalidation;

import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the tombstone that Debezium writes right behind a delete, and that says nothing new, from
 * one that is all there is of a delete: what {@code ExtractNewRecordState} and its like leave. It
 * names no row's values, so all that the table's rules could name has to leave.
 *
 * <p>The delete of a tombstone that a partition begins with was read before, or by another worker;
 * then more leaves than has to. For the loop's thread alone.
 */
final class Tombstones {

  private static final Logger log = LoggerFactory.getLogger(Tombstones.class);

  private final Map<TopicPartition, byte[]> deleted = new HashMap<>();
  private final Set<String> told = new HashSet<>();

  /** A delete was read. */
  void deleted(ConsumerRecord<byte[], byte[]> record) {
    deleted.put(partition(record), Objects.requireNonNullElse(record.key(), new byte[0]));
  }

  /** Whether a tombstone is that of the delete before it. */
  boolean follows(ConsumerRecord<byte[], byte[]> tombstone) {
    byte[] key = deleted.get(partition(tombstone));
    boolean follows =
        key != null && Arrays.equals(key, Objects.requireNonNullElse(tombstone.key(), new byte[0]));
    if (!follows && told.add(tombstone.topic())) {
      log.atWarn()
          .addKeyValue("topic", tombstone.topic())
          .addKeyValue("fix", "no ExtractNewRecordState (unwrap), tombstones.on.delete=false")
          .log("a tombstone without a delete: all leaves that the table's rules could name");
    }
    return follows;
  }

  void forget(Collection<TopicPartition> partitions) {
    deleted.keySet().removeAll(partitions);
  }

  private static TopicPartition partition(ConsumerRecord<?, ?> record) {
    return new TopicPartition(record.topic(), record.partition());
  }
}
