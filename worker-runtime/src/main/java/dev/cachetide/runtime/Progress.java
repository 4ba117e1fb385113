package dev.cachetide.runtime;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * How far each assigned partition is finished, and how far the group knows. Written by the loop's
 * thread; {@link #positions} may be read by any.
 */
final class Progress {

  private final Map<TopicPartition, OffsetAndMetadata> finished = new ConcurrentHashMap<>();
  private final Map<TopicPartition, OffsetAndMetadata> acknowledged = new HashMap<>();

  /** Reading begins at an offset that the group has committed. */
  void beginCommitted(TopicPartition partition, long offset) {
    OffsetAndMetadata start = new OffsetAndMetadata(offset);
    finished.put(partition, start);
    acknowledged.put(partition, start);
  }

  /** Reading begins at an offset that the group does not know of: the next commit tells it. */
  void begin(TopicPartition partition, long offset) {
    finished.put(partition, new OffsetAndMetadata(offset));
    acknowledged.remove(partition);
  }

  /** Every record before these offsets took effect or is parked. */
  void finished(Map<TopicPartition, OffsetAndMetadata> next) {
    finished.putAll(next);
  }

  /** What the group does not know yet. */
  Map<TopicPartition, OffsetAndMetadata> uncommitted() {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>(finished);
    offsets.entrySet().removeAll(acknowledged.entrySet());
    return offsets;
  }

  /** What the group does not know yet about some partitions. */
  Map<TopicPartition, OffsetAndMetadata> uncommitted(Collection<TopicPartition> partitions) {
    Map<TopicPartition, OffsetAndMetadata> offsets = uncommitted();
    offsets.keySet().retainAll(Set.copyOf(partitions));
    return offsets;
  }

  /** The group knows these now. A partition that was taken away meanwhile is left out. */
  void acknowledged(Map<TopicPartition, OffsetAndMetadata> offsets) {
    offsets.forEach(
        (partition, offset) -> {
          if (finished.containsKey(partition)) {
            acknowledged.put(partition, offset);
          }
        });
  }

  void forget(Collection<TopicPartition> partitions) {
    finished.keySet().removeAll(Set.copyOf(partitions));
    acknowledged.keySet().removeAll(Set.copyOf(partitions));
  }

  /** The next offset of each partition; a live view. */
  Map<TopicPartition, OffsetAndMetadata> positions() {
    return finished;
  }
}
