package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.cachetide.invalidation.TableWarming;
import dev.cachetide.invalidation.refresh.Refresh;
import dev.cachetide.invalidation.refresh.Warmer;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.RefreshSettings.Mode;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.runtime.settings.Spelling;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cachetide warm}. */
@Command(
    name = "warm",
    description = {
      "Puts the rows of whole tables under their keys, by the refreshes of the rules that create",
      "entries (create: true) or mirror rows (mode: mirror). The workers may go on: a row that",
      "changes meanwhile is left to them."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide warm --rule products -c shop.yaml",
      "  cachetide warm --all --rate 5000 -c shop.yaml",
      "",
      "Exit codes: 0 every row was looked at, 1 Postgres or Redis does not answer, 2 bad input."
    })
final class WarmCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(names = "--rule", paramLabel = "NAME", description = "A rule to warm by; repeatable.")
  private List<String> names = new ArrayList<>();

  @Option(names = "--all", description = "Warm by every rule that creates or mirrors.")
  private boolean all;

  @Option(
      names = "--rate",
      paramLabel = "ROWS",
      description = "The most rows a second; as many as there are unless given.")
  private int rate;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    PipelineSettings settings =
        Configuration.load(config.required(), EnumSet.of(Section.POSTGRES, Section.REDIS));
    String file = config.required().toString();
    RuleBook book = RuleBook.offline(file, settings);
    List<Refresh> unused = wanted(book);
    List<Warmed> warmed = new ArrayList<>();
    try {
      List<Problem> problems = CatalogCheck.problems(settings, file);
      ConfigurationRejected.ifAny(problems);
      RuleBook single = single(book, settings);
      try (TableWarming warming =
          new TableWarming(settings, Objects.requireNonNull(single.facts()))) {
        for (Refresh refresh : wanted(single)) {
          warmed.add(new Warmed(refresh, warm(warming, refresh)));
        }
      }
    } catch (SQLException | ExecutionException | TimeoutException | IllegalStateException e) {
      report(warmed);
      err().println("cachetide: warming ended early: " + e.getMessage());
      return CachetideMain.FAILED;
    }
    report(warmed);
    return CachetideMain.OK;
  }

  private Warmer.Counts warm(TableWarming warming, Refresh refresh)
      throws SQLException, ExecutionException, TimeoutException, InterruptedException {
    Progress progress = new Progress(err(), "rows of " + refresh.table());
    return warming.warm(refresh, rate, progress::reached);
  }

  /** As the catalogue has the tables of globs. */
  private static RuleBook single(RuleBook book, PipelineSettings settings) throws SQLException {
    try (Connection connection =
        new PostgresConnector(Objects.requireNonNull(settings.postgres()), "cachetide-warm")
            .connect()) {
      return book.over(connection, settings);
    }
  }

  private List<Refresh> wanted(RuleBook book) throws ConfigurationRejected {
    List<Problem> problems = new ArrayList<>();
    if (all == !names.isEmpty()) {
      problems.add(
          new Problem(
              "--rule", "", "either --rule or --all says what to warm", "give one of them"));
    }
    if (rate < 0) {
      problems.add(new Problem("--rate", String.valueOf(rate), "is below 0", "5000"));
    }
    List<Refresh> wanted = new ArrayList<>();
    for (Rule rule : book.rules().rules()) {
      if (all || names.contains(rule.name())) {
        rule.refresh().stream().filter(WarmCommand::canWarm).forEach(wanted::add);
      }
    }
    names.forEach(name -> problem(name, book).ifPresent(problems::add));
    if (problems.isEmpty() && wanted.isEmpty()) {
      problems.add(
          new Problem(
              book.file(), "rules", "no rule creates or mirrors entries", "see docs/rules.md"));
    }
    ConfigurationRejected.ifAny(problems);
    return wanted;
  }

  static boolean canWarm(Refresh refresh) {
    return refresh.mode() == Mode.MIRROR || refresh.settings().create();
  }

  private static Optional<Problem> problem(String name, RuleBook book) {
    List<String> known =
        book.rules().rules().stream()
            .filter(rule -> rule.refresh().stream().anyMatch(WarmCommand::canWarm))
            .map(Rule::name)
            .toList();
    return known.contains(name)
        ? Optional.empty()
        : Optional.of(
            new Problem(
                "--rule",
                name,
                "no rule of that name creates or mirrors entries",
                known.isEmpty()
                    ? "give a refresh create: true or mode: mirror"
                    : Spelling.nearest(name, known)
                        .map(nearest -> "did you mean " + nearest + "?")
                        .orElse("name one of " + String.join(", ", known))));
  }

  private void report(List<Warmed> warmed) throws Exception {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      ArrayNode list = mapper.createArrayNode();
      warmed.forEach(
          each ->
              list.addObject()
                  .put("refresh", each.refresh().path())
                  .put("key", each.refresh().key().toString())
                  .put("read", each.counts().read())
                  .put("put", each.counts().put()));
      out.println(mapper.writeValueAsString(mapper.createObjectNode().set("warmed", list)));
      return;
    }
    TextTable table = new TextTable("", 1, 2, 3);
    table.add("KEY", "ROWS", "PUT", "LEFT");
    warmed.forEach(
        each ->
            table.add(
                each.refresh().key().toString(),
                String.format("%,d", each.counts().read()),
                String.format("%,d", each.counts().put()),
                String.format("%,d", each.counts().read() - each.counts().put())));
    table.lines().forEach(out::println);
  }

  private PrintWriter err() {
    return Objects.requireNonNull(spec).commandLine().getErr();
  }

  /** What came of one. */
  private record Warmed(Refresh refresh, Warmer.Counts counts) {}
}
