package dev.cachetide.cli;

import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.TablePattern;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.TableName;
import java.util.List;
import java.util.Set;

/** Which topics the workers of a pipeline read, whether they run or not. Pure. */
final class ReadTopics {

  private final PipelineNames names;
  private final String prefix;
  private final List<TablePattern> tables;
  private final Set<String> own;

  ReadTopics(PipelineSettings settings) {
    names = settings.names();
    prefix = settings.invalidation().topicPrefix();
    tables = settings.rules().stream().map(RuleSettings::tables).distinct().toList();
    own =
        Set.of(
            names.changeTopic("cachetide", "generation"),
            names.heartbeatTopic(),
            names.invalidationTopic());
  }

  /** Whether the invalidation workers read a topic. */
  boolean byInvalidation(String topic) {
    return own.contains(topic) || tables.stream().anyMatch(each -> tells(topic, each));
  }

  private boolean tells(String topic, TablePattern pattern) {
    if (!pattern.isGlob()) {
      return topic.equals(PipelineNames.changeTopic(prefix, pattern.schema(), pattern.table()));
    }
    String rest = topic.startsWith(prefix + ".") ? topic.substring(prefix.length() + 1) : "";
    int dot = rest.indexOf('.');
    return dot > 0
        && dot < rest.length() - 1
        && pattern.matches(new TableName(rest.substring(0, dot), rest.substring(dot + 1)));
  }

  /** Whether the write-behind workers read a topic. */
  boolean byWriteBehind(String topic) {
    return topic.equals(names.writeTopic());
  }
}
