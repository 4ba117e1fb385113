package dev.cachetide.runtime;

import dev.cachetide.runtime.settings.IngestSettings;
import dev.cachetide.runtime.settings.WriteBehindSettings;
import dev.cachetide.wire.PipelineNames;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;

/**
 * How each topic of a pipeline is made, whoever makes it: explicitly, so that nobody's broker
 * defaults decide how many partitions it has or how long its records stay. Pure.
 */
public final class PipelineTopics {

  /** The most bytes of a parked change event. */
  public static final int LARGEST_DEAD_LETTER = 16 * 1024 * 1024;

  private static final Duration REQUESTS = Duration.ofDays(7);
  private static final Duration HEARTBEATS = Duration.ofDays(1);
  private static final Duration HEARTBEAT_SEGMENT = Duration.ofHours(1);
  private static final Duration DEAD_LETTERS = Duration.ofDays(30);
  private static final short BROKERS_DEFAULT = -1;

  private PipelineTopics() {}

  /** A topic of row changes. */
  public static NewTopic change(String topic, IngestSettings ingest) {
    return topic(topic, ingest.partitions(), ingest.replicationFactor(), ingest.retention());
  }

  /** What became of write commands, in one partition, because receipts have one order. */
  public static NewTopic receipts(
      PipelineNames names, short replicationFactor, Duration retention) {
    return topic(names.receiptTopic(), 1, replicationFactor, retention);
  }

  /**
   * Requests of applications, in one partition: they commute, and a busy application has better
   * ways.
   */
  public static NewTopic requests(PipelineNames names, short replicationFactor) {
    return topic(names.invalidationTopic(), 1, replicationFactor, REQUESTS);
  }

  /**
   * Heartbeats, of which nobody reads any but the latest: so a day is kept, in segments that are
   * small enough to go.
   */
  public static NewTopic heartbeat(PipelineNames names, short replicationFactor) {
    NewTopic topic = topic(names.heartbeatTopic(), 1, replicationFactor, HEARTBEATS);
    Map<String, String> configs = new HashMap<>(topic.configs());
    configs.put(TopicConfig.SEGMENT_MS_CONFIG, Long.toString(HEARTBEAT_SEGMENT.toMillis()));
    return topic.configs(configs);
  }

  /** Write commands. */
  public static NewTopic writes(String topic, WriteBehindSettings settings) {
    return topic(topic, settings.partitions(), settings.replicationFactor(), settings.retention());
  }

  /** Records that no handler could read, as they were. */
  public static NewTopic deadLetters(String topic) {
    return new NewTopic(topic, Optional.of(1), Optional.empty())
        .configs(
            Map.of(
                TopicConfig.RETENTION_MS_CONFIG,
                Long.toString(DEAD_LETTERS.toMillis()),
                TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                Integer.toString(LARGEST_DEAD_LETTER)));
  }

  private static NewTopic topic(
      String topic, int partitions, short replicationFactor, Duration retention) {
    Map<String, String> configs = new HashMap<>();
    configs.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
    configs.put(TopicConfig.RETENTION_MS_CONFIG, Long.toString(retention.toMillis()));
    // The broker's clock decides what is old, not the clock of whoever wrote the record.
    configs.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
    return new NewTopic(
            topic,
            Optional.of(partitions),
            Optional.of(replicationFactor).filter(factor -> factor != BROKERS_DEFAULT))
        .configs(configs);
  }
}
