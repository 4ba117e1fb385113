package dev.cachetide.ingest;

import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.wire.TableName;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which tables' changes ingest reads: those of the rules, and three of Cachetide's own. */
final class CapturedTables {

  static final TableName CONSUMER_OFFSET = new TableName("cachetide", "consumer_offset");
  static final TableName GENERATION = new TableName("cachetide", "generation");
  static final TableName HEARTBEAT = new TableName("cachetide", "heartbeat");

  private CapturedTables() {}

  /** Those of the rules, each once. */
  static Set<TableName> ofRules(PipelineSettings settings) {
    Set<TableName> tables = new TreeSet<>();
    settings.rules().forEach(rule -> tables.add(new TableName(rule.schema(), rule.table())));
    return tables;
  }

  /** Those of the rules and Cachetide's own. */
  static Set<TableName> all(PipelineSettings settings) {
    Set<TableName> tables = new TreeSet<>(ofRules(settings));
    tables.addAll(List.of(CONSUMER_OFFSET, GENERATION, HEARTBEAT));
    return tables;
  }
}
