package dev.cachetide.invalidation.history;

import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.wire.TableName;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
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
    for (String topic : existing) {
      table(topic, prefix + ".")
          .filter(wanted)
          .filter(table -> rules.stream().anyMatch(each -> isAbout(each, table)))
          .ifPresent(table -> topics.put(topic, table));
    }
    return topics;
  }

  private static boolean isAbout(RuleSet rules, TableName table) {
    return rules.rules().stream().anyMatch(rule -> rule.tables().matches(table));
  }

  private static Optional<TableName> table(String topic, String prefix) {
    String rest = topic.startsWith(prefix) ? topic.substring(prefix.length()) : "";
    int dot = rest.indexOf('.');
    return dot <= 0 || dot == rest.length() - 1
        ? Optional.empty()
        : Optional.of(new TableName(rest.substring(0, dot), rest.substring(dot + 1)));
  }
}
