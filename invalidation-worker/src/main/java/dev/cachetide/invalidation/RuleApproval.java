package dev.cachetide.invalidation;

import static java.util.stream.Collectors.joining;

import dev.cachetide.invalidation.rules.ResolvedRules;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.settings.Problem;
import java.sql.SQLException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the rules fit the database. A rule with a column that the WAL does not repeat would leave
 * stale entries without a sign, so nothing is evicted by rules that were not checked since the
 * worker started.
 */
final class RuleApproval {

  private static final Logger log = LoggerFactory.getLogger(RuleApproval.class);

  private final Source source;
  private boolean approved;

  RuleApproval(Source source) {
    this.source = source;
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
      ResolvedRules resolved = source.resolve();
      if (!resolved.problems().isEmpty()) {
        return refused(resolved.problems());
      }
      log.atInfo()
          .addKeyValue("rules", resolved.rules().rules().size())
          .log("rules fit the database");
    } catch (SQLException e) {
      return new Outcome.Transient("check the rules against Postgres's catalogue", e);
    }
    approved = true;
    return Outcome.applied();
  }

  private static Outcome refused(List<Problem> problems) {
    String each =
        problems.stream()
            .map(
                problem ->
                    problem.file()
                        + ": "
                        + problem.path()
                        + ": "
                        + problem.message()
                        + "; "
                        + problem.fix())
            .collect(joining("\n"));
    return new Outcome.Fatal(
        "apply the rules, which do not fit the database:\n" + each,
        new IllegalStateException(problems.size() + " problems"));
  }

  /** Where the answer comes from. */
  @FunctionalInterface
  interface Source {
    /** The rules as the catalogue fills them in now. */
    ResolvedRules resolve() throws SQLException;
  }
}
