package dev.cachetide.cli;

import dev.cachetide.invalidation.RuleResolution;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.writebehind.WriteCatalogCheck;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rules and writes held against the tables that they are about. */
final class CatalogCheck {

  private static final Logger log = LoggerFactory.getLogger(CatalogCheck.class);

  private CatalogCheck() {}

  /**
   * Every problem that Postgres's catalogue shows.
   *
   * @param settings must name Postgres
   * @throws SQLException when Postgres does not answer
   */
  static List<Problem> problems(PipelineSettings settings, String file) throws SQLException {
    RuleSet.Result compiled = RuleSet.compile(file, settings.rules());
    if (compiled instanceof RuleSet.Result.Refused refused) {
      return settings.origins().located(refused.problems());
    }
    RuleSet rules = ((RuleSet.Result.Compiled) compiled).rules();
    PostgresConnector postgres =
        new PostgresConnector(Objects.requireNonNull(settings.postgres()), "cachetide-validate");
    try (Connection connection = postgres.connect()) {
      List<Problem> problems =
          new ArrayList<>(
              new RuleResolution(postgres, file, settings.names().publication())
                  .ask(connection, rules)
                  .problems());
      problems.addAll(WriteCatalogCheck.problems(connection, file, settings.writes()));
      return settings.origins().located(problems);
    }
  }

  /**
   * Refuses to start with a configuration that the catalogue contradicts. A Postgres that does not
   * answer is no reason not to start: the workers themselves hold back until they have asked it.
   *
   * @throws ConfigurationRejected with every problem
   */
  static void requireNone(PipelineSettings settings, String file) throws ConfigurationRejected {
    try {
      List<Problem> problems = problems(settings, file);
      ConfigurationRejected.ifAny(problems);
    } catch (SQLException e) {
      log.atWarn()
          .addKeyValue("cause", e.getMessage())
          .log("rules and writes are not checked: Postgres does not answer");
    }
  }
}
