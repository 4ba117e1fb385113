package dev.cachetide.writebehind;

import dev.cachetide.runtime.settings.WriteBehindSettings;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;

/** The topic of write commands, asked about and created. Every call is bounded. */
final class WriteTopic implements Claims.Logs {

  private static final long LIMIT_SECONDS = 15;

  private final Map<String, Object> adminProperties;

  /** Opens an admin client for each call: they are few and far between. */
  WriteTopic(Map<String, Object> adminProperties) {
    this.adminProperties = Map.copyOf(adminProperties);
  }

  /**
   * Creates the topic unless it exists; one that exists is left as it is.
   *
   * @throws KafkaException when Kafka refuses or does not answer
   */
  void create(String topic, WriteBehindSettings settings) {
    NewTopic wanted =
        new NewTopic(
                topic,
                Optional.of(settings.partitions()),
                Optional.of(settings.replicationFactor()).filter(factor -> factor > 0))
            .configs(
                Map.of(
                    TopicConfig.CLEANUP_POLICY_CONFIG,
                    TopicConfig.CLEANUP_POLICY_DELETE,
                    TopicConfig.RETENTION_MS_CONFIG,
                    Long.toString(settings.retention().toMillis()),
                    TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
                    "LogAppendTime"));
    try (Admin admin = Admin.create(adminProperties)) {
      answer(admin.createTopics(List.of(wanted)).all());
    } catch (TopicExistsException e) {
      // created by an operator, another worker or an earlier start
      return;
    }
  }

  @Override
  public Map<TopicPartition, PartitionLog> describe(Collection<TopicPartition> partitions) {
    Set<String> topics =
        partitions.stream()
            .map(TopicPartition::topic)
            .collect(Collectors.toCollection(TreeSet::new));
    try (Admin admin = Admin.create(adminProperties)) {
      Map<String, TopicDescription> described =
          answer(admin.describeTopics(topics).allTopicNames());
      var starts =
          answer(
              admin
                  .listOffsets(
                      partitions.stream()
                          .collect(
                              Collectors.toMap(Function.identity(), p -> OffsetSpec.earliest())))
                  .all());
      Map<TopicPartition, PartitionLog> logs = new HashMap<>();
      starts.forEach(
          (partition, start) -> {
            TopicDescription topic = described.get(partition.topic());
            if (topic != null) {
              logs.put(partition, new PartitionLog(topic.topicId().toString(), start.offset()));
            }
          });
      return logs;
    }
  }

  private static <T> T answer(KafkaFuture<T> future) {
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
}
