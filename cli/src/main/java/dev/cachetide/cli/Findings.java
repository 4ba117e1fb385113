package dev.cachetide.cli;

import dev.cachetide.ingest.CaptureCheck;
import dev.cachetide.invalidation.rules.KeyTypeNotes;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What a look at the live database came to.
 *
 * @param problems that stop a pipeline or make it wrong
 * @param notes that are worth a look
 */
record Findings(List<Problem> problems, List<Problem> notes) {

  Findings {
    problems = List.copyOf(problems);
    notes = List.copyOf(notes);
  }

  /**
   * Asks Postgres for all of it.
   *
   * @param settings must name Postgres
   * @throws SQLException when Postgres does not answer
   */
  static Findings ask(PipelineSettings settings, String file)
      throws SQLException, ConfigurationRejected {
    RuleBook book = RuleBook.offline(file, settings);
    List<Problem> problems = new ArrayList<>(CatalogCheck.problems(settings, file));
    try (Connection connection =
        new PostgresConnector(Objects.requireNonNull(settings.postgres()), "cachetide-validate")
            .connect()) {
      problems.addAll(CaptureCheck.problems(connection, file, settings));
      RuleBook single = book.over(connection, settings);
      return new Findings(
          settings.origins().located(problems),
          settings
              .origins()
              .located(
                  KeyTypeNotes.of(file, single.rules(), Objects.requireNonNull(single.facts()))));
    }
  }
}
