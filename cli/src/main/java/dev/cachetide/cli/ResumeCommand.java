package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.PauseOptions.Named;
import dev.cachetide.runtime.postgres.Pause;
import dev.cachetide.runtime.postgres.PauseTable;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Section;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cachetide resume}. */
@Command(
    name = "resume",
    description = {
      "Resumes what `cachetide pause` has paused.",
      "",
      "The processes go on within about a second, from where they stopped. What was",
      "cached before counts no more once caches are believed again: the generation is",
      "raised with it, and what a resumed rule names is evicted. Expect one wave of",
      "misses. After a pause of write-behind nothing is evicted, nor after one of a",
      "table with --allow-stale: its changes are read late."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide resume write-behind -c shop.yaml",
      "  cachetide resume --table public.orders -c shop.yaml",
      "  cachetide resume --all -c shop.yaml",
      "",
      "Exit codes: 0 resumed, 1 something was not paused or Postgres does not answer,",
      "2 bad input."
    })
final class ResumeCommand implements Callable<Integer> {

  @Mixin private PauseOptions which = new PauseOptions();

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(names = "--all", description = "Everything that is paused.")
  private boolean all;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    List<Problem> problems = new ArrayList<>();
    List<Named> named = which.named("--all", all, problems);
    ConfigurationRejected.ifAny(problems);
    PipelineSettings settings = Configuration.load(config.required(), EnumSet.of(Section.POSTGRES));
    try (Connection connection =
        new PostgresConnector(Objects.requireNonNull(settings.postgres()), "cachetide-resume")
            .connect()) {
      return resume(connection, new PauseTable(settings.names().pipeline()), named);
    }
  }

  private int resume(Connection connection, PauseTable table, List<Named> named) throws Exception {
    List<Pause> paused = table.all(connection);
    List<Named> wanted =
        all ? paused.stream().map(pause -> new Named(pause.what(), pause.name())).toList() : named;
    List<Pause> resumed = new ArrayList<>();
    List<Named> absent = new ArrayList<>();
    if (!paused.isEmpty()) {
      for (Named each : wanted) {
        remove(connection, table, each).ifPresentOrElse(resumed::add, () -> absent.add(each));
      }
    } else {
      absent.addAll(wanted);
    }
    report(resumed, absent);
    return absent.isEmpty() ? CachetideMain.OK : CachetideMain.FAILED;
  }

  private static Optional<Pause> remove(Connection connection, PauseTable table, Named each)
      throws SQLException {
    return table.remove(connection, each.what(), each.name());
  }

  private void report(List<Pause> resumed, List<Named> absent) throws Exception {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      ObjectNode report = mapper.createObjectNode();
      ArrayNode done = report.putArray("resumed");
      resumed.forEach(
          pause -> done.addObject().put("what", pause.what().toString()).put("name", pause.name()));
      ArrayNode not = report.putArray("notPaused");
      absent.forEach(
          each -> not.addObject().put("what", each.what().toString()).put("name", each.name()));
      out.println(mapper.writeValueAsString(report));
      return;
    }
    resumed.forEach(pause -> out.println("resumed " + pause.described()));
    if (resumed.isEmpty() && absent.isEmpty()) {
      out.println("nothing was paused");
    }
    PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
    absent.forEach(
        each ->
            err.println(
                "cachetide: "
                    + each.described()
                    + " was not paused\n    fix: see `cachetide pause --list`"));
  }
}
