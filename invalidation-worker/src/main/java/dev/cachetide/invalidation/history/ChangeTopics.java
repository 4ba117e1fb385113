package dev.cachetide.invalidation.history;

import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.wire.TableName;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Which of a broker's topics hold the changes of which table. Pure. */
public final class ChangeTopics {

  private ChangeTopics() {}

  /**
   * By topic, in their order, those of the tables that some rule is about.
   *
   * @param existing topics of the broker
   * @param prefix that the change topics begin with
   * @param wanted which of those tables
   */
  public static Map<String, TableName> of(
      Collection<String> existing,
      String prefix,
      Collection<RuleSet> rules,
      Predicate<TableName> wanted) {
    Map<String, TableName> topics = new TreeMap<>();
    for (RuleSet each : rules) {
      for (Rule rule : each.rules()) {
        TableName table = new TableName(rule.schema(), rule.table());
        String topic = prefix + "." + rule.schema() + "." + rule.table();
        if (existing.contains(topic) && wanted.test(table)) {
          topics.put(topic, table);
        }
      }
    }
    return topics;
  }
}
