package dev.cachetide.cli;

import dev.cachetide.invalidation.rules.CatalogFacts;
import dev.cachetide.invalidation.rules.CatalogFactsQuery;
import dev.cachetide.invalidation.rules.ReplicaColumns;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.runtime.postgres.MatchingTables;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Spelling;
import dev.cachetide.wire.TableName;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a configuration and, where Postgres was asked, what it says of their tables.
 *
 * @param facts null when Postgres was not asked
 */
record RuleBook(String file, RuleSet rules, @Nullable CatalogFacts facts) {

  /**
   * Compiles rules, asking nobody.
   *
   * @throws ConfigurationRejected with every problem
   */
  static RuleBook offline(String file, PipelineSettings settings) throws ConfigurationRejected {
    RuleSet.Result result = RuleSet.compile(file, settings.rules());
    if (result instanceof RuleSet.Result.Refused refused) {
      throw new ConfigurationRejected(settings.origins().located(refused.problems()));
    }
    return new RuleBook(file, ((RuleSet.Result.Compiled) result).rules(), null);
  }

  /**
   * The same with what Postgres says. One that is not named or does not answer is no reason to
   * stop: what is shown is then less exact, and the user is told.
   */
  RuleBook asked(PipelineSettings settings, PrintWriter err) {
    if (settings.postgres() == null) {
      return this;
    }
    try (Connection connection =
        new PostgresConnector(settings.postgres(), "cachetide-explain").connect()) {
      return over(connection, settings);
    } catch (SQLException e) {
      err.println(
          "note: Postgres does not answer, so replica identities are not looked at ("
              + e.getMessage()
              + ")");
      return this;
    }
  }

  /**
   * The rules about single tables that the catalogue makes of these, with what it says of them.
   *
   * @throws SQLException when Postgres does not answer
   */
  RuleBook over(Connection connection, PipelineSettings settings) throws SQLException {
    RuleSet single =
        rules.over(
            MatchingTables.find(connection, rules.rules().stream().map(Rule::tables).toList()));
    return new RuleBook(
        file,
        single,
        new CatalogFactsQuery(connection).load(single, settings.names().publication()));
  }

  List<Rule> of(TableName table) {
    return rules.of(table.schema(), table.table());
  }

  @Nullable ReplicaColumns identity(TableName table) {
    return facts == null ? null : info(table).map(facts::identity).orElse(null);
  }

  /** As the catalogue describes it; empty when it was not asked or has no such table. */
  Optional<TableInfo> info(TableName table) {
    return facts == null ? Optional.empty() : facts.catalog().table(table);
  }

  /** What is wrong with a table that somebody named; empty when some rule is about it. */
  Optional<Problem> unknown(TableName table) {
    if (!of(table).isEmpty()) {
      return Optional.empty();
    }
    List<String> tables =
        rules.rules().stream().map(rule -> rule.tables().toString()).distinct().sorted().toList();
    return Optional.of(
        new Problem(
            "--table",
            table.toString(),
            "no rule of " + file + " is about this table",
            tables.isEmpty()
                ? "add a rule to the file"
                : Spelling.nearest(table.toString(), tables)
                    .map(nearest -> "did you mean " + nearest + "?")
                    .orElse("name one of " + String.join(", ", tables))));
  }
}
