package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.cli.console.RuleView;
import dev.cachetide.invalidation.explain.GivenChange;
import dev.cachetide.invalidation.explain.GivenColumns;
import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.invalidation.rules.Verdict;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.wire.TableName;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rules of a configuration file as it is now, for the console. */
final class ConsoleRules implements RuleView {

  private static final Logger log = LoggerFactory.getLogger(ConsoleRules.class);

  private final Path file;
  private final PipelineSettings settings;
  private final FileWatch files;
  private RuleBook book;
  private String outdated = "";

  /**
   * Reads the rules of some settings.
   *
   * @param settings that name Postgres, where the file does not
   */
  ConsoleRules(Path file, PipelineSettings settings) throws ConfigurationRejected {
    this.file = file;
    this.settings = settings;
    files = new FileWatch(file, System.getenv());
    book = RuleBook.offline(file.toString(), settings);
  }

  /** What the file says; while that is wrong, what it said before. */
  private synchronized RuleBook book() {
    if (files.changed()) {
      files.handling();
      try {
        PipelineSettings read =
            Configuration.load(file, EnumSet.noneOf(dev.cachetide.runtime.settings.Section.class));
        book = RuleBook.offline(file.toString(), settings.withRulesOf(read));
        outdated = "";
      } catch (ConfigurationRejected e) {
        outdated = "the file has mistakes since: cachetide validate --config " + file;
      }
    }
    return book;
  }

  @Override
  public List<RuleLine> rules() {
    return book().rules().rules().stream().map(ConsoleRules::line).toList();
  }

  private static RuleLine line(Rule rule) {
    List<String> templates = new ArrayList<>();
    rule.evict().forEach(each -> templates.add(each.kind().key() + " " + each.template()));
    rule.fanOut()
        .forEach(
            each ->
                templates.add(
                    each.eviction().kind().key()
                        + " "
                        + each.eviction().template()
                        + " (related)"));
    return new RuleLine(rule.name(), rule.path(), rule.tables().toString(), templates);
  }

  @Override
  public synchronized String outdated() {
    return outdated;
  }

  @Override
  public Optional<Problem> unknown(TableName table) {
    return book().unknown(table).map(ConsoleRules::onAPage);
  }

  @Override
  public Explained explain(Change change) {
    List<Problem> problems = new ArrayList<>();
    RuleBook asked = asked();
    asked.unknown(change.table()).ifPresent(problems::add);
    ChangeEvent event = problems.isEmpty() ? event(change, problems) : null;
    if (event != null) {
      problems.addAll(
          GivenColumns.problems(
              event,
              asked.of(change.table()),
              asked.info(change.table()).orElse(null),
              asked.identity(change.table())));
    }
    if (!problems.isEmpty()) {
      return new Explained(null, problems.stream().map(ConsoleRules::onAPage).toList());
    }
    List<Verdict> verdicts =
        Verdict.of(
            Objects.requireNonNull(event),
            asked.of(change.table()),
            asked.identity(change.table()));
    return new Explained(
        new ExplainedChange(change.table(), event, null, verdicts).json(new ObjectMapper()),
        List.of());
  }

  private static @Nullable ChangeEvent event(Change change, List<Problem> problems) {
    Operation operation = null;
    if (change.operation() != null) {
      try {
        operation = Operation.valueOf(change.operation().toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        problems.add(
            new Problem(
                "--op",
                "the operation",
                "is not one",
                "create, update, delete, read, truncate, or leave it out"));
        return null;
      }
    }
    return new GivenChange(operation, change.before(), change.after(), change.ownWrite())
        .event(problems);
  }

  /**
   * What Postgres says of the tables makes the answer exact; without it there is one all the same.
   */
  private RuleBook asked() {
    RuleBook offline = book();
    if (settings.postgres() == null) {
      return offline;
    }
    try (Connection connection =
        new PostgresConnector(settings.postgres(), "cachetide-console").connect()) {
      return offline.over(connection, settings);
    } catch (SQLException e) {
      log.atWarn()
          .setCause(e)
          .log("Postgres does not answer, replica identities are not looked at");
      return offline;
    }
  }

  /** What the command line calls an option is a field here. */
  private static Problem onAPage(Problem problem) {
    return new Problem(
        plain(problem.file()),
        plain(problem.path()),
        plain(problem.message()),
        plain(problem.fix()));
  }

  private static String plain(String text) {
    return text.replace("--", "");
  }
}
