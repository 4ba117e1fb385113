package dev.cachetide.invalidation.rules;

import dev.cachetide.runtime.postgres.MatchingTables;
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
 * Rules as the catalogue fills them in at one moment: each about a single table, and checked.
 *
 * @param rules to go by, as long as there is no problem
 * @param tables that the rules are about, as far as they are there
 * @param problems every one that the catalogue shows
 */
public record ResolvedRules(
    RuleSet rules, Map<TableName, KnownTable> tables, List<Problem> problems) {

  /** Each is a topic with several partitions, and a rule. */
  static final int MOST_TABLES = 1_000;

  /** Copies the collections. */
  public ResolvedRules {
    tables = Map.copyOf(tables);
    problems = List.copyOf(problems);
  }

  /**
   * Asks the catalogue.
   *
   * @param file as problems name it
   * @param rules as they were written
   * @param publication of the pipeline, which need not exist
   * @param further what else is asked of the server
   * @throws SQLException when the server is away
   */
  public static ResolvedRules ask(
      Connection connection, String file, RuleSet rules, String publication, FurtherCheck further)
      throws SQLException {
    Set<TableName> found =
        MatchingTables.find(connection, rules.rules().stream().map(Rule::tables).toList());
    List<Problem> problems = new ArrayList<>(unmatched(file, rules, found));
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
    ResolvedRules checked = check(connection, file, single, publication, further);
    problems.addAll(checked.problems());
    return new ResolvedRules(single, checked.tables(), problems);
  }

  /**
   * Asks the catalogue about rules that are each about a single table.
   *
   * @throws SQLException when the server is away
   */
  public static ResolvedRules check(
      Connection connection, String file, RuleSet single, String publication, FurtherCheck further)
      throws SQLException {
    CatalogFacts facts = new CatalogFactsQuery(connection).load(single, publication);
    Map<TableName, KnownTable> tables = new HashMap<>();
    facts
        .catalog()
        .tables()
        .forEach(info -> tables.put(info.name(), new KnownTable(info, facts.identity(info))));
    List<Problem> problems = new ArrayList<>(RuleCatalogCheck.problems(file, single, facts));
    problems.addAll(RefreshCatalogCheck.problems(file, single, facts));
    problems.addAll(further.problems(single, facts));
    // What is wrong with a rule about a glob is wrong once, and not for each of its tables.
    return new ResolvedRules(single, tables, problems.stream().distinct().toList());
  }

  /** What is asked of the server beyond the facts. */
  @FunctionalInterface
  public interface FurtherCheck {
    /** Every problem of rules about single tables. */
    List<Problem> problems(RuleSet single, CatalogFacts facts) throws SQLException;
  }

  private static List<Problem> unmatched(String file, RuleSet rules, Collection<TableName> found) {
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
