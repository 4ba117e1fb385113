package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.PauseOptions.Named;
import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.runtime.postgres.Pause;
import dev.cachetide.runtime.postgres.PauseTable;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Section;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cachetide pause}. */
@Command(
    name = "pause",
    description = {
      "Pauses roles, evictions for a table, or a rule, until `cachetide resume`.",
      "",
      "Every process of the pipeline sees it within about a second, and again after a",
      "restart. Nothing is lost: writes stay in Kafka, changes in the slot or in Kafka,",
      "and what a paused rule has passed over is made up for when it is resumed.",
      "",
      "  invalidate    evictions; clients of the library read through to the database",
      "  ingest        the same; meanwhile the slot keeps WAL on the database's disk",
      "  write-behind  writes are accepted and wait",
      "",
      "While invalidate, ingest, a table or a rule is paused the workers do not vouch",
      "for any cache of the pipeline. Plain keys, which the library does not guard, go",
      "stale until it is resumed."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide pause write-behind --reason 'migration 42' -c shop.yaml",
      "  cachetide pause --table public.orders -c shop.yaml",
      "  cachetide pause --rule order-totals --allow-stale --yes -c shop.yaml",
      "  cachetide pause --list -c shop.yaml",
      "",
      "Exit codes: 0 paused, 1 Postgres does not answer or the answer was no,",
      "2 bad input."
    })
final class PauseCommand implements Callable<Integer> {

  @Mixin private PauseOptions which = new PauseOptions();

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(
      names = "--allow-stale",
      description =
          "With --table or --rule: let caches be believed meanwhile. Readers may then see values"
              + " as old as the pause, each until its entry's TTL ends.")
  private boolean stale;

  @Option(names = "--reason", paramLabel = "TEXT", description = "Noted for others to read.")
  private @Nullable String reason;

  @Option(names = "--list", description = "Show what is paused, and pause nothing.")
  private boolean list;

  @Mixin private Confirmation confirmation = new Confirmation();

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    List<Problem> problems = new ArrayList<>();
    List<Named> named = which.named("--list", list, problems);
    if (stale && which.rolesOnly()) {
      problems.add(new Problem("--allow-stale", "", "goes with --table or --rule", "leave it out"));
    }
    if (stale && named.stream().anyMatch(each -> each.what() == Pause.What.ROLE)) {
      problems.add(new Problem("--allow-stale", "", "is not for roles", "pause them apart"));
    }
    ConfigurationRejected.ifAny(problems);
    PipelineSettings settings = Configuration.load(config.required(), EnumSet.of(Section.POSTGRES));
    which.check(RuleBook.offline(config.required().toString(), settings), named, problems);
    ConfigurationRejected.ifAny(problems);
    if (!which.rolesOnly() && !confirmation.given(err(), question(named))) {
      err().println("cachetide: nothing was paused");
      return CachetideMain.FAILED;
    }
    try (Connection connection =
        new PostgresConnector(Objects.requireNonNull(settings.postgres()), "cachetide-pause")
            .connect()) {
      PauseTable table = new PauseTable(settings.names().pipeline());
      if (!list) {
        CachetideSchema.install(connection);
        add(connection, table, named, settings);
      }
      report(table.all(connection));
    }
    return CachetideMain.OK;
  }

  private void add(
      Connection connection, PauseTable table, List<Named> named, PipelineSettings settings)
      throws SQLException {
    for (Named each : named) {
      Pause pause =
          new Pause(
              each.what(),
              each.name(),
              stale,
              reason,
              PauseOptions.operator(settings),
              Instant.now());
      if (!table.add(connection, pause)) {
        err().println("note: " + each.described() + " was paused before");
      }
    }
  }

  private String question(List<Named> named) {
    String what = named.stream().map(Named::described).collect(Collectors.joining(", "));
    return stale
        ? what
            + ": until it is resumed, readers may see values that are as old as the pause, each"
            + " until its entry's TTL ends. Go on?"
        : what
            + ": until it is resumed, clients of the library read all caches of the pipeline through"
            + " to the database, and plain keys of it go stale. Go on?";
  }

  private void report(List<Pause> pauses) throws Exception {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      ObjectNode report = mapper.createObjectNode();
      ArrayNode array = report.putArray("paused");
      pauses.forEach(pause -> put(pause, array.addObject()));
      out.println(mapper.writeValueAsString(report));
      return;
    }
    if (pauses.isEmpty()) {
      out.println("nothing is paused");
      return;
    }
    table("", pauses).forEach(out::println);
  }

  /** What is paused, for people. */
  static List<String> table(String indent, List<Pause> pauses) {
    TextTable table = new TextTable(indent);
    table.add("PAUSED", "NAME", "SINCE", "BY", "CACHES", "REASON");
    pauses.forEach(
        pause ->
            table.add(
                pause.what().toString(),
                pause.name(),
                LetterJson.moment(pause.since()),
                pause.by(),
                pause.stale() ? "believed" : pause.name().equals("write-behind") ? "-" : "bypassed",
                pause.reason() == null ? "" : pause.reason()));
    return table.lines();
  }

  private static void put(Pause pause, ObjectNode to) {
    to.put("what", pause.what().toString())
        .put("name", pause.name())
        .put("since", pause.since().toString())
        .put("by", pause.by())
        .put("allowStale", pause.stale())
        .put("reason", pause.reason());
  }

  private PrintWriter err() {
    return Objects.requireNonNull(spec).commandLine().getErr();
  }
}
