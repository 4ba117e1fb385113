package dev.cachetide.cli.doctor;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What Kafka said at one moment.
 *
 * @param metadataVersion the finalized level of the feature {@code metadata.version}; null when it
 *     was not told
 * @param autoCreate whether brokers make topics that somebody asks for; null when not told
 * @param topics the pipeline's, those that exist
 * @param groups the pipeline's, those that exist
 * @param refused what this user may not ask, with Kafka's words
 * @param aheadMillis the controller's clock before this machine's; null when not told
 */
record KafkaFacts(
    int brokers,
    @Nullable Short metadataVersion,
    @Nullable Boolean autoCreate,
    Map<String, Topic> topics,
    Map<String, Group> groups,
    Map<String, String> refused,
    @Nullable Long aheadMillis) {

  KafkaFacts {
    topics = Map.copyOf(topics);
    groups = Map.copyOf(groups);
    refused = Map.copyOf(refused);
  }

  /** Names of what may not be asked. */
  Set<String> untold() {
    return refused.keySet();
  }

  /**
   * A topic.
   *
   * @param copies of the partition that has the fewest
   * @param configs its settings, the brokers' included; empty when they may not be asked
   */
  record Topic(int partitions, int copies, Map<String, String> configs) {
    Topic {
      configs = Map.copyOf(configs);
    }
  }

  /** A consumer group, as Kafka's words have it. */
  record Group(String type, String state, int members) {}
}
