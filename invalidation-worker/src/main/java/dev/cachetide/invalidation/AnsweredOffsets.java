package dev.cachetide.invalidation;

import dev.cachetide.wire.ChannelMessage.Range;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * The last offset of each owned partition that this worker has answered for. Pure; for one thread.
 *
 * <p>A partition that moves here begins at the committed offset, which is never beyond what its
 * last owner has published, since owners publish first and commit then. So the ranges of two owners
 * may overlap and never leave a hole: a listener that sees {@code previous} beyond what it knows
 * has missed something.
 */
final class AnsweredOffsets {

  private final Map<TopicPartition, Long> last = new HashMap<>();

  /** Records from this offset on are still to be read. */
  void begins(TopicPartition partition, long offset) {
    last.put(partition, offset - 1);
  }

  void forget(Collection<TopicPartition> partitions) {
    partitions.forEach(last::remove);
  }

  /** What a message about these records answers for, by {@code topic/partition}. */
  Map<String, Range> ranges(ConsumerRecords<byte[], byte[]> records) {
    Map<String, Range> ranges = new HashMap<>();
    for (TopicPartition partition : records.partitions()) {
      long before = records.records(partition).get(0).offset() - 1;
      ranges.put(
          name(partition),
          new Range(last.getOrDefault(partition, before), end(partition, records)));
    }
    return ranges;
  }

  /** A message about these records was published. */
  void answered(ConsumerRecords<byte[], byte[]> records) {
    records.partitions().forEach(partition -> last.put(partition, end(partition, records)));
  }

  /** By {@code topic/partition}. */
  Map<String, Long> positions() {
    Map<String, Long> positions = new HashMap<>();
    last.forEach((partition, offset) -> positions.put(name(partition), offset));
    return positions;
  }

  /** Marks of transactions behind the last record count too: reading goes on after them. */
  private static long end(TopicPartition partition, ConsumerRecords<byte[], byte[]> records) {
    List<ConsumerRecord<byte[], byte[]>> ours = records.records(partition);
    long lastRecord = ours.get(ours.size() - 1).offset();
    OffsetAndMetadata next = records.nextOffsets().get(partition);
    return next == null ? lastRecord : Math.max(lastRecord, next.offset() - 1);
  }

  private static String name(TopicPartition partition) {
    return partition.topic() + "/" + partition.partition();
  }
}
