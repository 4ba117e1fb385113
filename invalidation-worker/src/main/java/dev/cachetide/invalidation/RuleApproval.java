package dev.cachetide.invalidation;

import static java.util.stream.Collectors.joining;

import dev.cachetide.invalidation.lookup.LookupCheck;
import dev.cachetide.invalidation.refresh.DerivedQueryCheck;
import dev.cachetide.invalidation.rules.CatalogFacts;
import dev.cachetide.invalidation.rules.CatalogFactsQuery;
import dev.cachetide.invalidation.rules.RefreshCatalogCheck;
import dev.cachetide.invalidation.rules.ReplicaColumns;
import dev.cachetide.invalidation.rules.RuleCatalogCheck;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the rules fit the database. A rule with a column that the WAL does not repeat would leave
 * stale entries without a sign, so nothing is evicted by rules that were not checked since the
 * worker started.
 */
final class RuleApproval {

  private static final Logger log = LoggerFactory.getLogger(RuleApproval.class);

  private final RuleSet rules;
  private final FactSource facts;
  private final Map<TableName, ReplicaColumns> identities = new HashMap<>();
  private final FurtherCheck further;
  private boolean approved;
  private volatile @Nullable CatalogFacts approvedFacts;

  RuleApproval(RuleSet rules, FactSource facts) {
    this(rules, facts, known -> List.of());
  }

  RuleApproval(RuleSet rules, FactSource facts, FurtherCheck further) {
    this.rules = rules;
    this.facts = facts;
    this.further = further;
  }

  /** Asks Postgres, as long as it has not answered. */
  static RuleApproval of(RuleSet rules, PostgresConnector postgres, String publication) {
    return new RuleApproval(
        rules,
        () -> {
          try (Connection connection = postgres.connect()) {
            return new CatalogFactsQuery(connection).load(rules, publication);
          }
        },
        known -> {
          List<Problem> problems =
              new ArrayList<>(LookupCheck.problems(postgres, "rules", rules, known));
          problems.addAll(
              DerivedQueryCheck.problems(
                  postgres, "rules", rules.refreshes(), known.catalog()::table));
          return problems;
        });
  }

  /**
   * Asks unless it was answered before.
   *
   * @return {@link Outcome.Transient} while Postgres is away, {@link Outcome.Fatal} with every
   *     problem and its fix
   */
  Outcome check() {
    if (approved) {
      return Outcome.applied();
    }
    try {
      CatalogFacts known = facts.load();
      List<Problem> problems = new ArrayList<>(RuleCatalogCheck.problems("rules", rules, known));
      problems.addAll(further.problems(known));
      problems.addAll(RefreshCatalogCheck.problems("rules", rules, known));
      if (!problems.isEmpty()) {
        return refused(problems);
      }
      known
          .catalog()
          .tables()
          .forEach(table -> identities.put(table.name(), known.identity(table)));
      approvedFacts = known;
    } catch (SQLException e) {
      return new Outcome.Transient("check the rules against Postgres's catalogue", e);
    }
    approved = true;
    log.atInfo().addKeyValue("rules", rules.rules().size()).log("rules fit the database");
    return Outcome.applied();
  }

  /** What the WAL tells of a table's old rows; null when it was not asked about. */
  @Nullable ReplicaColumns identity(@Nullable TableName table) {
    return table == null ? null : identities.get(table);
  }

  /** A table as it was when the rules were approved; empty before, and for other tables. */
  Optional<TableInfo> table(TableName name) {
    CatalogFacts known = approvedFacts;
    return known == null ? Optional.empty() : known.catalog().table(name);
  }

  private static Outcome refused(List<Problem> problems) {
    String each =
        problems.stream()
            .map(problem -> problem.path() + ": " + problem.message() + "; " + problem.fix())
            .collect(joining("\n"));
    return new Outcome.Fatal(
        "apply the rules, which do not fit the database:\n" + each,
        new IllegalStateException(problems.size() + " problems"));
  }

  /** What is asked of the server beyond the facts. */
  @FunctionalInterface
  interface FurtherCheck {
    /** Every problem. */
    List<Problem> problems(CatalogFacts known) throws SQLException;
  }

  /** Where the facts come from. */
  @FunctionalInterface
  interface FactSource {
    /** As they are now. */
    CatalogFacts load() throws SQLException;
  }
}
