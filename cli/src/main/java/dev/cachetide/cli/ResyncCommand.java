package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.resync.TableResync;
import dev.cachetide.cli.resync.TableResync.Begun;
import dev.cachetide.cli.resync.TableResync.Published;
import dev.cachetide.invalidation.TableWarming;
import dev.cachetide.invalidation.refresh.Refresh;
import dev.cachetide.invalidation.refresh.Warmer;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.runtime.postgres.Pause;
import dev.cachetide.runtime.postgres.PauseState;
import dev.cachetide.runtime.postgres.PauseTable;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.wire.TableName;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cachetide resync}. */
@Command(
    name = "resync",
    description = {
      "Evicts everything that is cached of a table, and waits until it is done.",
      "",
      "All leaves that the rules name for the table, whatever row it is of. It goes",
      "through ingest and the workers, behind all changes that were committed before,",
      "so that applications' L1 caches hear of it too. Each pattern reads the keyspace",
      "of Redis once; readers find an empty cache afterwards."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide resync public.users -c shop.yaml",
      "  cachetide resync public.products --warm --rate 5000 -c shop.yaml",
      "",
      "Exit codes: 0 done, 1 not within --timeout or a server does not answer,",
      "2 bad input."
    })
final class ResyncCommand implements Callable<Integer> {

  private static final Duration LOOK = Duration.ofSeconds(2);

  @Parameters(paramLabel = "TABLE", description = "schema.table; a bare name is in public.")
  private String text = "";

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(
      names = "--warm",
      description = "Then put its rows under their keys, as `cachetide warm` does.")
  private boolean warm;

  @Option(
      names = "--rate",
      paramLabel = "ROWS",
      description = "With --warm: the most rows a second; as many as there are unless given.")
  private int rate;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "How long to wait for ingest and the workers; default ${DEFAULT-VALUE}.")
  private int timeout = 60;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    PipelineSettings settings = Configuration.load(config.required(), sections());
    RuleBook book = RuleBook.offline(config.required().toString(), settings);
    TableName table = check(book, settings);
    if (isPaused(book, settings, table)) {
      return CachetideMain.FAILED;
    }
    long began = System.nanoTime();
    try (TableResync resync = new TableResync(settings)) {
      if (!evicted(resync, table)) {
        return CachetideMain.FAILED;
      }
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    Map<Refresh, Warmer.Counts> warmed = new LinkedHashMap<>();
    boolean whole = !warm || warmed(book, settings, table, warmed);
    report(book, table, seconds, warmed);
    return whole ? CachetideMain.OK : CachetideMain.FAILED;
  }

  private Set<Section> sections() {
    return warm ? EnumSet.allOf(Section.class) : EnumSet.of(Section.POSTGRES, Section.KAFKA);
  }

  private TableName check(RuleBook book, PipelineSettings settings) throws ConfigurationRejected {
    List<Problem> problems = new ArrayList<>();
    Optional<TableName> table = table(book, problems);
    if (timeout < 1 || timeout > 3_600) {
      problems.add(
          new Problem("--timeout", String.valueOf(timeout), "is not between 1 and 3600", "60"));
    }
    if (rate < 0 || (rate > 0 && !warm)) {
      problems.add(new Problem("--rate", String.valueOf(rate), "goes with --warm, from 0", "5000"));
    }
    if (table.isPresent()
        && warm
        && book.of(table.get()).stream()
            .noneMatch(rule -> rule.refresh().stream().anyMatch(WarmCommand::canWarm))) {
      problems.add(
          new Problem(
              "--warm", text, "no rule of this table creates or mirrors entries", "leave it out"));
    }
    if (settings.invalidation().source() == Source.DEBEZIUM) {
      problems.add(
          new Problem(
              book.file(),
              "invalidation.source",
              "is debezium: it goes through cachetide's own ingest",
              "evict what the rules name by hand: cachetide evict pattern 'user:*'"));
    }
    ConfigurationRejected.ifAny(problems);
    return table.orElseThrow();
  }

  private Optional<TableName> table(RuleBook book, List<Problem> problems) {
    try {
      TableName table = TableName.parse(text);
      book.unknown(table)
          .ifPresent(
              found -> problems.add(new Problem("TABLE", text, found.message(), found.fix())));
      return Optional.of(table);
    } catch (IllegalArgumentException e) {
      problems.add(
          new Problem("TABLE", text, String.valueOf(e.getMessage()), "write public.users"));
      return Optional.empty();
    }
  }

  /** What is paused would not be carried out, and a rule that is, is made up for later. */
  private boolean isPaused(RuleBook book, PipelineSettings settings, TableName table)
      throws SQLException {
    PauseState state;
    try (Connection connection = connect(settings)) {
      state = new PauseState(new PauseTable(settings.names().pipeline()).all(connection));
    }
    for (Rule rule : book.of(table)) {
      if (state.names(Pause.What.RULE).contains(rule.name())) {
        err()
            .println(
                "note: rule "
                    + rule.name()
                    + " is paused; what it names leaves when it is resumed");
      }
    }
    boolean paused = state.role("ingest") || state.role("invalidate");
    if (paused) {
      err()
          .println(
              "cachetide: ingest or invalidate is paused by operations\n"
                  + "    fix: cachetide resume ingest invalidate");
    }
    return paused;
  }

  private static Connection connect(PipelineSettings settings) throws SQLException {
    return new PostgresConnector(Objects.requireNonNull(settings.postgres()), "cachetide-resync")
        .connect();
  }

  private boolean evicted(TableResync resync, TableName table) throws Exception {
    if (!resync.topicExists()) {
      return failed("ingest has published nothing yet", "start it: cachetide run ingest");
    }
    long deadline = System.nanoTime() + Duration.ofSeconds(timeout).toNanos();
    Begun begun = resync.begin(table);
    Optional<Published> published = Optional.empty();
    while (published.isEmpty() && System.nanoTime() - deadline < 0) {
      published = resync.awaitPublished(begun, left(deadline));
      tellUnless(published.isPresent(), "waiting for ingest");
    }
    if (published.isEmpty()) {
      return failed(
          "ingest has not published it within " + timeout + " s; it will, and the workers evict",
          "see that `cachetide run ingest` runs and is ready, or raise --timeout");
    }
    boolean done = false;
    while (!done && System.nanoTime() - deadline < 0) {
      done = resync.awaitEvicted(published.get(), left(deadline));
      tellUnless(done, "waiting for the workers");
    }
    return done
        || failed(
            "the workers have not evicted it within " + timeout + " s; they will",
            "see that `cachetide run invalidate` runs and is ready, or raise --timeout");
  }

  private static Duration left(long deadline) {
    Duration left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
    return left.compareTo(LOOK) < 0 ? left : LOOK;
  }

  private void tellUnless(boolean done, String what) {
    if (!done) {
      err().println(what);
      err().flush();
    }
  }

  private boolean failed(String what, String fix) {
    err().println("cachetide: " + what + "\n    fix: " + fix);
    return false;
  }

  private boolean warmed(
      RuleBook book, PipelineSettings settings, TableName table, Map<Refresh, Warmer.Counts> warmed)
      throws InterruptedException {
    try (Connection connection = connect(settings)) {
      RuleBook single = book.over(connection, settings);
      try (TableWarming warming =
          new TableWarming(settings, Objects.requireNonNull(single.facts()))) {
        for (Rule rule : single.of(table)) {
          for (Refresh refresh : rule.refresh().stream().filter(WarmCommand::canWarm).toList()) {
            Progress progress = new Progress(err(), "rows of " + table);
            warmed.put(refresh, warming.warm(refresh, rate, progress::reached));
          }
        }
      }
      return true;
    } catch (SQLException | ExecutionException | TimeoutException | IllegalStateException e) {
      return failed(
          "evicted, but warming ended early: " + e.getMessage(), "cachetide warm it again");
    }
  }

  private void report(
      RuleBook book, TableName table, double seconds, Map<Refresh, Warmer.Counts> warmed)
      throws Exception {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    List<String> rules = book.of(table).stream().map(Rule::name).toList();
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      ObjectNode report =
          mapper
              .createObjectNode()
              .put("table", table.toString())
              .put("evicted", true)
              .put("seconds", seconds);
      rules.forEach(report.putArray("rules")::add);
      ArrayNode list = report.putArray("warmed");
      warmed.forEach(
          (refresh, counts) ->
              list.addObject()
                  .put("key", refresh.key().toString())
                  .put("read", counts.read())
                  .put("put", counts.put()));
      out.println(mapper.writeValueAsString(report));
      return;
    }
    out.printf(
        "evicted all that %s name for %s, in %.1f s%n",
        rules.size() == 1 ? "the rule " + rules.get(0) : "the rules " + String.join(", ", rules),
        table,
        seconds);
    warmed.forEach(
        (refresh, counts) ->
            out.printf("warmed %s: %,d of %,d rows%n", refresh.key(), counts.put(), counts.read()));
  }

  private PrintWriter err() {
    return Objects.requireNonNull(spec).commandLine().getErr();
  }
}
