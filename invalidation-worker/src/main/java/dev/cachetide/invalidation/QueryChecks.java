package dev.cachetide.invalidation;

import dev.cachetide.invalidation.lookup.LookupCheck;
import dev.cachetide.invalidation.refresh.DerivedQueryCheck;
import dev.cachetide.invalidation.rules.CatalogFacts;
import dev.cachetide.invalidation.rules.ResolvedRules;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.Problem;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * What Postgres says to the queries of rules, which the catalogue alone does not tell. The worker
 * and whoever validates a configuration ask the same.
 *
 * @param postgres which connections are opened at
 * @param file as problems name it
 */
public record QueryChecks(PostgresConnector postgres, String file)
    implements ResolvedRules.FurtherCheck {

  @Override
  public List<Problem> problems(RuleSet single, CatalogFacts facts) throws SQLException {
    List<Problem> problems = new ArrayList<>(LookupCheck.problems(postgres, file, single, facts));
    problems.addAll(
        DerivedQueryCheck.problems(postgres, file, single.refreshes(), facts.catalog()::table));
    return problems;
  }
}
