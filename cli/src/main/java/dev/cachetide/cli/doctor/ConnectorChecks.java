package dev.cachetide.cli.doctor;

import dev.cachetide.invalidation.history.ChangeHistory;
import dev.cachetide.invalidation.history.ChangeTopics;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.postgres.Catalog;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The topics of somebody else's Debezium: whether they are there, and whether the newest records in
 * them are what the rules can read. The connector's settings are nowhere else to be seen.
 */
final class ConnectorChecks {

  private static final int NEWEST = 20;
  private static final String CHECK = "connector";

  private final PipelineSettings settings;
  private final RuleSet rules;

  /**
   * @param settings whose rules compile
   */
  ConnectorChecks(PipelineSettings settings) {
    this.settings = settings;
    RuleSet.Result result = RuleSet.compile("rules", settings.rules());
    rules = ((RuleSet.Result.Compiled) result).rules();
  }

  void look(Report report) {
    String prefix = settings.invalidation().topicPrefix();
    try (ChangeHistory history =
        new ChangeHistory(new KafkaClients(Objects.requireNonNull(settings.kafka())))) {
      Set<String> existing = history.topics();
      for (RuleSettings rule : settings.rules()) {
        missing(rule, existing, report);
      }
      Map<String, TableName> topics =
          ChangeTopics.of(existing, prefix, List.of(rules), table -> true);
      Catalog catalog = catalog(topics.values());
      topics.forEach((topic, table) -> records(topic, table, history, catalog, report));
    }
  }

  private void missing(RuleSettings rule, Set<String> existing, Report report) {
    String topic =
        PipelineNames.changeTopic(
            settings.invalidation().topicPrefix(), rule.schema(), rule.table());
    if (!rule.tables().isGlob() && !existing.contains(topic)) {
      report.warn(
          CHECK,
          topic + " is missing: no change of the table has come yet, or it goes elsewhere",
          "hold topic.prefix, table.include.list and transforms against docs/connect.md");
    }
  }

  private static void records(
      String topic, TableName table, ChangeHistory history, Catalog catalog, Report report) {
    Set<String> reasons = history.unreadable(topic, catalog.table(table).orElse(null), NEWEST);
    reasons.forEach(
        reason ->
            report.fail(
                CHECK,
                topic + " holds what is not read as it should be: " + reason,
                "set the connector up as docs/connect.md has it"));
    if (reasons.isEmpty()) {
      report.ok(CHECK, topic + ": its newest records can be read");
    }
  }

  /** Nothing is known of tables while Postgres is away, which is told elsewhere. */
  private Catalog catalog(Collection<TableName> tables) {
    if (settings.postgres() == null) {
      return Catalog.of(List.of());
    }
    try (Connection connection =
        new PostgresConnector(settings.postgres(), "cachetide-doctor").connect()) {
      return Catalog.load(connection, tables);
    } catch (SQLException e) {
      return Catalog.of(List.of());
    }
  }
}
