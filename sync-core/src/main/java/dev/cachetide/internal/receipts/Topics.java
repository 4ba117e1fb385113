package dev.cachetide.internal.receipts;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/** Questions about topics. Each answer is waited for, within a bound. */
final class Topics implements AutoCloseable {

  private static final long LIMIT_SECONDS = 10;

  private final Admin admin;

  Topics(Map<String, Object> properties) {
    admin = Admin.create(properties);
  }

  /** The id of a topic; null when there is none of that name. */
  @Nullable String id(String topic) {
    try {
      return answer(admin.describeTopics(List.of(topic)).topicNameValues().get(topic))
          .topicId()
          .toString();
    } catch (UnknownTopicOrPartitionException e) {
      // it is made by the write-behind worker, which may not have started yet
      return null;
    }
  }

  /** The offset behind the last record; empty when there is no such topic. */
  OptionalLong end(TopicPartition partition) {
    if (id(partition.topic()) == null) {
      return OptionalLong.empty();
    }
    var ends = admin.listOffsets(Map.of(partition, OffsetSpec.latest()));
    return OptionalLong.of(answer(ends.partitionResult(partition)).offset());
  }

  /** What a consumer group has committed, by partition of a topic. */
  Map<Integer, Long> committed(String group, String topic) {
    Map<Integer, Long> offsets = new HashMap<>();
    Map<TopicPartition, OffsetAndMetadata> committed =
        answer(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
    committed.forEach(
        (partition, offset) -> {
          if (partition.topic().equals(topic) && offset != null) {
            offsets.put(partition.partition(), offset.offset());
          }
        });
    return offsets;
  }

  private static <T> T answer(@Nullable KafkaFuture<T> future) {
    if (future == null) {
      throw new KafkaException("not asked");
    }
    try {
      return future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
    } catch (TimeoutException e) {
      throw new org.apache.kafka.common.errors.TimeoutException("no answer from Kafka", e);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  @Override
  public void close() {
    admin.close(java.time.Duration.ofSeconds(1));
  }
}
