package dev.cachetide.invalidation.history;

import dev.cachetide.wire.TableName;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * A piece of the change topics: what had been published when it was asked for, and nothing later.
 *
 * @param topics by name, with their tables
 * @param from the first offset of each partition that has something in the range
 * @param to the first offset behind it
 */
public record HistoryRange(
    Map<String, TableName> topics, Map<TopicPartition, Long> from, Map<TopicPartition, Long> to) {

  /** Copies the maps. */
  public HistoryRange {
    topics = Map.copyOf(topics);
    from = Map.copyOf(from);
    to = Map.copyOf(to);
  }

  /** The most records that can be in it; offsets have gaps. */
  public long size() {
    return from.entrySet().stream()
        .mapToLong(each -> to.getOrDefault(each.getKey(), each.getValue()) - each.getValue())
        .sum();
  }
}
