package dev.cachetide.invalidation.lookup;

import dev.cachetide.invalidation.rules.CatalogFacts;
import dev.cachetide.invalidation.rules.FanOut;
import dev.cachetide.invalidation.rules.Lookup;
import dev.cachetide.invalidation.rules.RuleCatalogCheck;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.settings.Problem;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether lookups would work: Postgres describes each statement and runs it for no value at all,
 * read-only, which is where it looks at names, types and privileges.
 */
public final class LookupCheck {

  private final LookupSession session;
  private final String file;
  private final CatalogFacts facts;
  private final List<Problem> problems = new ArrayList<>();

  private LookupCheck(LookupSession session, String file, CatalogFacts facts) {
    this.session = session;
    this.file = file;
    this.facts = facts;
  }

  /**
   * Every problem, in the order of the rules; of a rule whose table is missing none.
   *
   * @param file as problems name it
   * @param facts of the rules' tables
   * @throws SQLException when the server is away
   */
  public static List<Problem> problems(
      PostgresConnector postgres, String file, RuleSet rules, CatalogFacts facts)
      throws SQLException {
    List<Lookup> lookups = lookups(rules);
    if (lookups.isEmpty()) {
      return List.of();
    }
    try (LookupSession session = LookupSession.open(postgres, PostgresLookups.TIMEOUT)) {
      LookupCheck check = new LookupCheck(session, file, facts);
      for (Lookup lookup : lookups) {
        Optional<TableInfo> source = facts.catalog().table(lookup.fanOut().source());
        if (source.isPresent()) {
          check.check(lookup, source.get());
        }
      }
      return check.problems;
    }
  }

  private static List<Lookup> lookups(RuleSet rules) {
    return rules.rules().stream()
        .flatMap(rule -> rule.fanOut().stream().map(fanOut -> new Lookup(rule, fanOut)))
        .toList();
  }

  private void check(Lookup wanted, TableInfo source) throws SQLException {
    FanOut fanOut = wanted.fanOut();
    try {
      CompiledLookup lookup = session.compile(fanOut, source);
      problems.addAll(
          RuleCatalogCheck.problems(file, wanted, source, lookup.sourceColumns(), facts));
      session.ask(lookup, List.of(), 1);
    } catch (LookupCompiler.Refused e) {
      report(fanOut, e.message(), e.fix());
    } catch (LookupFailed e) {
      report(fanOut, String.valueOf(e.getMessage()), "run it in psql to see why");
    } catch (SQLException e) {
      if (SqlFailures.isAway(e)) {
        throw e;
      }
      report(fanOut, "Postgres says: " + firstLine(e), "correct the query; run it in psql");
    }
  }

  /** Without the position, which counts in a text that the operator does not see. */
  private static String firstLine(SQLException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("nothing");
  }

  private void report(FanOut fanOut, String message, String fix) {
    problems.add(new Problem(file, fanOut.relationPath(), message, fix));
  }
}
