package dev.cachetide.invalidation;

import dev.cachetide.invalidation.lookup.LookupCheck;
import dev.cachetide.invalidation.refresh.DerivedQueryCheck;
import dev.cachetide.invalidation.rules.CatalogFacts;
import dev.cachetide.invalidation.rules.CatalogFactsQuery;
import dev.cachetide.invalidation.rules.KnownTable;
import dev.cachetide.invalidation.rules.RefreshCatalogCheck;
import dev.cachetide.invalidation.rules.ResolvedRules;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.invalidation.rules.RuleCatalogCheck;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.runtime.postgres.MatchingTables;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Asks Postgres what rules come to: which tables their globs match, and whether everything fits.
 * The worker and whoever validates a configuration ask the same.
 *
 * @param postgres where the queries of rules are described, each on a connection of its own
 * @param file as problems name it
 * @param publication of the pipeline, which need not exist
 */
public record RuleResolution(PostgresConnector postgres, String file, String publication) {

  /** Each is a topic with several partitions, and a rule. */
  static final int MOST_TABLES = 1_000;

  /**
   * Asks the catalogue.
   *
   * @param rules as they were written
   * @throws SQLException when the server is away
   */
  public ResolvedRules ask(Connection connection, RuleSet rules) throws SQLException {
    Set<TableName> found =
        MatchingTables.find(connection, rules.rules().stream().map(Rule::tables).toList());
    List<Problem> problems = new ArrayList<>(unmatched(rules, found));
    RuleSet single = rules.over(found);
    if (RuleCatalogCheck.tables(single).size() > MOST_TABLES) {
      problems.add(
          new Problem(
              file,
              "rules",
              "the rules are about more than " + MOST_TABLES + " tables",
              "write narrower globs, or split the pipeline"));
      return new ResolvedRules(single, Map.of(), problems);
    }
    ResolvedRules checked = check(connection, single);
    problems.addAll(checked.problems());
    return new ResolvedRules(single, checked.tables(), problems);
  }

  /**
   * Asks the catalogue about rules that are each about a single table.
   *
   * @throws SQLException when the server is away
   */
  ResolvedRules check(Connection connection, RuleSet single) throws SQLException {
    CatalogFacts facts = new CatalogFactsQuery(connection).load(single, publication);
    Map<TableName, KnownTable> tables = new HashMap<>();
    facts
        .catalog()
        .tables()
        .forEach(info -> tables.put(info.name(), new KnownTable(info, facts.identity(info))));
    List<Problem> problems = new ArrayList<>(RuleCatalogCheck.problems(file, single, facts));
    problems.addAll(RefreshCatalogCheck.problems(file, single, facts));
    problems.addAll(LookupCheck.problems(postgres, file, single, facts));
    problems.addAll(
        DerivedQueryCheck.problems(postgres, file, single.refreshes(), facts.catalog()::table));
    // What is wrong with a rule about a glob is wrong once, and not for each of its tables.
    return new ResolvedRules(single, tables, problems.stream().distinct().toList());
  }

  private List<Problem> unmatched(RuleSet rules, Collection<TableName> found) {
    return rules.rules().stream()
        .filter(rule -> rule.tables().isGlob())
        .filter(rule -> found.stream().noneMatch(rule.tables()::matches))
        .map(
            rule ->
                new Problem(
                    file,
                    rule.path() + ".source",
                    "no table matches " + rule.tables(),
                    "correct schema or table, or create one first (partitions, views and system"
                        + " schemas do not count)"))
        .toList();
  }
}
