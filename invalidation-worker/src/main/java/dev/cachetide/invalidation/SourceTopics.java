package dev.cachetide.invalidation;

import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which rules belong to which topic. Immutable. */
final class SourceTopics {

  private final Map<String, List<Rule>> byTopic = new HashMap<>();
  private final Map<String, TableName> tables = new HashMap<>();
  private final Set<String> shared = new HashSet<>();
  private final @Nullable String generationTopic;
  private final String requestTopic;
  private final @Nullable String heartbeatTopic;

  /**
   * @param prefix that the change topics begin with
   * @param generationTopic where gaps are announced; null when nobody does
   * @param requestTopic where applications ask for invalidations
   * @param heartbeatTopic of ingest; null when there is none
   */
  SourceTopics(
      RuleSet rules,
      String prefix,
      @Nullable String generationTopic,
      String requestTopic,
      @Nullable String heartbeatTopic) {
    for (Rule rule : rules.rules()) {
      String topic = PipelineNames.changeTopic(prefix, rule.schema(), rule.table());
      byTopic.computeIfAbsent(topic, any -> new ArrayList<>()).add(rule);
      TableName table = new TableName(rule.schema(), rule.table());
      if (!table.equals(tables.getOrDefault(topic, table))) {
        shared.add(topic);
      }
      tables.put(topic, table);
    }
    if (generationTopic != null) {
      byTopic.put(generationTopic, rules.rules());
    }
    byTopic.put(requestTopic, rules.rules());
    if (heartbeatTopic != null) {
      byTopic.put(heartbeatTopic, List.of());
    }
    this.generationTopic = generationTopic;
    this.requestTopic = requestTopic;
    this.heartbeatTopic = heartbeatTopic;
  }

  /** Whether its records announce that changes may have been missed. */
  boolean isGeneration(String topic) {
    return topic.equals(generationTopic);
  }

  /** Whether its records are heartbeats, which no rule is about. */
  boolean isHeartbeats(String topic) {
    return topic.equals(heartbeatTopic);
  }

  /** Whether its records are requests of applications. */
  boolean isRequests(String topic) {
    return topic.equals(requestTopic);
  }

  /** The table that a topic tells of; null when it tells of none, or of several. */
  @Nullable TableName table(String topic) {
    return shared.contains(topic) ? null : tables.get(topic);
  }

  /** Those of the topic's table; all of them when it is about no table. */
  List<Rule> rules(String topic) {
    return byTopic.getOrDefault(topic, List.of());
  }

  /** Whether a topic holds changes of a rule's table. */
  boolean isOf(Rule rule, String topic) {
    return tables.containsKey(topic) && rules(topic).contains(rule);
  }

  /** Those that hold changes of tables with rules. */
  Set<String> ofTables() {
    Set<String> tables = new HashSet<>(byTopic.keySet());
    tables.remove(generationTopic);
    tables.remove(requestTopic);
    tables.remove(heartbeatTopic);
    return tables;
  }

  /** Every topic to read. */
  Set<String> names() {
    return Set.copyOf(byTopic.keySet());
  }
}
