package dev.cachetide.writebehind;

import dev.cachetide.runtime.PipelineTopics;
import dev.cachetide.runtime.settings.WriteBehindSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The topic of write commands, asked about and created. Every call is bounded. */
final class WriteTopic implements Claims.Logs {

  private static final Logger log = LoggerFactory.getLogger(WriteTopic.class);
  private static final long LIMIT_SECONDS = 15;
  private static final Duration POLL = Duration.ofMillis(100);
  private static final int POLLS = 20;

  private final Map<String, Object> adminProperties;
  private final Map<String, Object> readerProperties;
  private final Duration retention;
  private volatile @Nullable TopicPolicy warnedOf;

  /**
   * Opens a client for each call: they are few and far between.
   *
   * @param readerProperties of a consumer in no group
   * @param retention that the settings ask for
   */
  WriteTopic(
      Map<String, Object> adminProperties,
      Map<String, Object> readerProperties,
      Duration retention) {
    this.adminProperties = Map.copyOf(adminProperties);
    this.readerProperties = Map.copyOf(readerProperties);
    this.retention = retention;
  }

  /**
   * Creates the topic unless it exists; one that exists is left as it is.
   *
   * @throws KafkaException when Kafka refuses or does not answer
   */
  void create(String topic, WriteBehindSettings settings) {
    try (Admin admin = Admin.create(adminProperties)) {
      answer(admin.createTopics(List.of(PipelineTopics.writes(topic, settings))).all());
    } catch (TopicExistsException e) {
      // created by an operator, another worker or an earlier start
      return;
    }
  }

  @Override
  public Map<TopicPartition, PartitionLog> describe(String topic) throws GiveUpException {
    try (Admin admin = Admin.create(adminProperties)) {
      checkPolicy(admin, topic);
      TopicDescription described =
          answer(admin.describeTopics(Set.of(topic)).allTopicNames()).get(topic);
      if (described == null) {
        return Map.of();
      }
      Set<TopicPartition> partitions =
          described.partitions().stream()
              .map(partition -> new TopicPartition(topic, partition.partition()))
              .collect(Collectors.toSet());
      Map<TopicPartition, Long> starts = offsets(admin, partitions, OffsetSpec.earliest());
      Map<TopicPartition, Long> ends = offsets(admin, partitions, OffsetSpec.latest());
      String id = described.topicId().toString();
      Map<TopicPartition, PartitionLog> logs = new HashMap<>();
      starts.forEach(
          (partition, start) ->
              logs.put(
                  partition, new PartitionLog(id, start, ends.getOrDefault(partition, start))));
      return logs;
    }
  }

  @Override
  public boolean holdsRecords(TopicPartition partition, long from, long to) {
    try (KafkaConsumer<byte[], byte[]> reader = new KafkaConsumer<>(readerProperties)) {
      reader.assign(Set.of(partition));
      reader.seek(partition, from);
      for (int polls = 0; polls < POLLS && reader.position(partition) < to; polls++) {
        for (var polled : reader.poll(POLL)) {
          if (polled.offset() < to) {
            return true;
          }
        }
      }
      return reader.position(partition) < to;
    }
  }

  private static Map<TopicPartition, Long> offsets(
      Admin admin, Set<TopicPartition> partitions, OffsetSpec which) {
    Map<TopicPartition, OffsetSpec> asked =
        partitions.stream().collect(Collectors.toMap(Function.identity(), partition -> which));
    Map<TopicPartition, Long> offsets = new HashMap<>();
    answer(admin.listOffsets(asked, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED)).all())
        .forEach((partition, offset) -> offsets.put(partition, offset.offset()));
    return offsets;
  }

  private void checkPolicy(Admin admin, String topic) throws GiveUpException {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    Config config = answer(admin.describeConfigs(Set.of(resource)).all()).get(resource);
    if (config == null) {
      return;
    }
    TopicPolicy policy =
        new TopicPolicy(
            text(config, TopicConfig.CLEANUP_POLICY_CONFIG),
            Long.parseLong(text(config, TopicConfig.RETENTION_MS_CONFIG)),
            Long.parseLong(text(config, TopicConfig.RETENTION_BYTES_CONFIG)));
    Optional<String> refusal = policy.refusal(topic);
    if (refusal.isPresent()) {
      throw new GiveUpException(refusal.get());
    }
    if (!policy.equals(warnedOf)) {
      warnedOf = policy;
      for (String warning : policy.warnings(retention)) {
        log.atWarn().addKeyValue("topic", topic).addKeyValue("what", warning).log("write topic");
      }
    }
  }

  /**
   * What Kafka does not tell, to a client that may not see a topic's settings, is as by default.
   */
  private static String text(Config config, String name) {
    ConfigEntry entry = config.get(name);
    return entry == null || entry.value() == null ? "-1" : entry.value();
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
