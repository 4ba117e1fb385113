package dev.cachetide.writebehind;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.config.TopicConfig;

/**
 * Whether a topic keeps what it has accepted for long enough: an accepted write that Kafka removes
 * before it is applied is lost.
 *
 * @param cleanup as {@code cleanup.policy} has it
 * @param retentionMillis -1 for ever
 * @param retentionBytes of a partition; -1 for no bound
 */
public record TopicPolicy(String cleanup, long retentionMillis, long retentionBytes) {

  /** An outage that is found in the morning, and repaired. */
  private static final Duration SHORTEST = Duration.ofDays(1);

  /** Why nothing may be applied from this topic. */
  public Optional<String> refusal(String topic) {
    return List.of(cleanup.split(",", -1)).contains(TopicConfig.CLEANUP_POLICY_COMPACT)
        ? Optional.of(
            ("topic %1$s has cleanup.policy=%2$s: Kafka would remove every write but the last of a"
                    + " row, applied or not; run kafka-configs.sh --alter --entity-type topics"
                    + " --entity-name %1$s --add-config cleanup.policy=delete")
                .formatted(topic, cleanup))
        : Optional.empty();
  }

  /** What an operator should know; {@code wanted} is what the settings say. */
  public List<String> warnings(Duration wanted) {
    List<String> warnings = new ArrayList<>();
    if (retentionMillis >= 0 && retentionMillis < SHORTEST.toMillis()) {
      warnings.add(
          "retention.ms is shorter than a day: an outage that lasts longer loses accepted writes");
    } else if (retentionMillis >= 0 && retentionMillis < wanted.toMillis()) {
      warnings.add(
          "retention.ms is shorter than writebehind.retention, which an existing topic does not"
              + " take over");
    }
    if (retentionBytes >= 0) {
      warnings.add("retention.bytes is set: a longer backlog loses accepted writes");
    }
    return warnings;
  }
}
