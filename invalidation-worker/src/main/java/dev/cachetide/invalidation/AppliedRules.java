package dev.cachetide.invalidation;

import dev.cachetide.invalidation.rules.KnownTable;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.invalidation.rules.ReplicaColumns;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One set of rules, all of it that a worker goes by while it holds. Immutable. */
final class AppliedRules {

  private final RuleSet rules;
  private final SourceTopics topics;
  private final Map<TableName, KnownTable> tables;
  private final Plan everything;
  private final Map<String, String> fingerprints = new HashMap<>();
  private final boolean foreign;
  private final Map<TableName, ColumnForms> forms = new HashMap<>();

  /**
   * @param rules about single tables
   * @param tables those of the rules that the catalogue was asked about
   */
  AppliedRules(RuleSet rules, SourceTopics topics, Map<TableName, KnownTable> tables) {
    this(rules, topics, tables, false);
  }

  /**
   * @param foreign whether the topics are made by somebody else's Debezium, whose settings the
   *     events have to be held against
   */
  AppliedRules(
      RuleSet rules, SourceTopics topics, Map<TableName, KnownTable> tables, boolean foreign) {
    this.rules = rules;
    this.topics = topics;
    this.tables = Map.copyOf(tables);
    this.foreign = foreign;
    if (foreign) {
      tables.forEach((name, known) -> forms.put(name, ColumnForms.of(known.info())));
    }
    everything = RuleSet.everything(rules.rules());
    for (String topic : topics.ofTables()) {
      fingerprints.put(topic, rules.fingerprint(topics.rules(topic)));
    }
  }

  RuleSet rules() {
    return rules;
  }

  SourceTopics topics() {
    return topics;
  }

  /** What the WAL tells of the old rows of a topic's table; null when it was not asked about. */
  @Nullable ReplicaColumns identity(String topic) {
    TableName table = topics.table(topic);
    KnownTable known = table == null ? null : tables.get(table);
    return known == null ? null : known.identity();
  }

  /** A table as it was when its rules were checked; empty when it was not asked about. */
  Optional<TableInfo> table(TableName name) {
    return Optional.ofNullable(tables.get(name)).map(KnownTable::info);
  }

  /** Whether somebody else's Debezium makes the topics. */
  boolean foreign() {
    return foreign;
  }

  /** The form that the values of a topic's table have. */
  ColumnForms forms(String topic) {
    TableName table = topics.table(topic);
    return table == null ? ColumnForms.ANY : forms.getOrDefault(table, ColumnForms.ANY);
  }

  /** All that they can name. */
  Plan everything() {
    return everything;
  }

  /** What the rules of a table's topic do; null when they do nothing with it. */
  @Nullable String fingerprint(String topic) {
    return fingerprints.get(topic);
  }

  /** What all of them do. */
  String fingerprint() {
    return rules.fingerprint(rules.rules());
  }

  /**
   * The topics that both read, or that only these read, and whose rules differ. A topic that only
   * the other ones read is no change yet: it becomes one when its first partition is taken over.
   */
  Set<String> changedBy(AppliedRules other) {
    Set<String> changed = new HashSet<>();
    fingerprints.forEach(
        (topic, fingerprint) -> {
          if (!fingerprint.equals(other.fingerprint(topic))) {
            changed.add(topic);
          }
        });
    return changed;
  }

  /** All that the rules of these topics can name. */
  Plan everything(Collection<String> someTopics) {
    List<Rule> some = new ArrayList<>();
    someTopics.forEach(topic -> some.addAll(topics.rules(topic)));
    return RuleSet.everything(some);
  }
}
