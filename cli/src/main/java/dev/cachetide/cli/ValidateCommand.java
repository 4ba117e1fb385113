package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Section;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cachetide validate}. */
@Command(
    name = "validate",
    description = {
      "Reports every mistake of a configuration at once, each with its fix.",
      "",
      "Checks the file, then the rules and writes against the tables of the Postgres that it names:",
      "missing tables and columns, unlogged tables, key columns outside the replica identity, and",
      "whether Postgres lets the role capture changes: wal_level, slots, publication, REPLICATION.",
      "A note is no problem: it names what is worth a look."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  cachetide validate -c shop.yaml",
      "",
      "Exit codes: 0 no problem, 1 Postgres does not answer (--offline does without), 2 problems."
    })
final class ValidateCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(names = "--offline", description = "Check the file alone.")
  private boolean offline;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    Findings findings = findings(config.required());
    print(findings.problems(), findings.notes());
    return findings.problems().isEmpty() ? CachetideMain.OK : CachetideMain.BAD_INPUT;
  }

  private Findings findings(Path file) throws Exception {
    try {
      PipelineSettings settings = Configuration.load(file, EnumSet.noneOf(Section.class));
      var unused = RuleBook.offline(file.toString(), settings);
      if (offline || settings.postgres() == null) {
        return new Findings(List.of(), List.of());
      }
      return Findings.ask(settings, file.toString());
    } catch (ConfigurationRejected e) {
      return new Findings(e.problems(), List.of());
    }
  }

  private void print(List<Problem> problems, List<Problem> notes) throws Exception {
    var out = java.util.Objects.requireNonNull(spec).commandLine().getOut();
    if (!json) {
      problems.forEach(out::println);
      notes.forEach(note -> out.println("note: " + note));
      out.println(
          problems.isEmpty()
              ? config.required()
                  + ": no problems"
                  + (offline ? " (not checked against Postgres)" : "")
              : problems.size() + (problems.size() == 1 ? " problem" : " problems"));
      return;
    }
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode report = mapper.createObjectNode().put("ok", problems.isEmpty());
    list(report.putArray("problems"), problems);
    list(report.putArray("notes"), notes);
    out.println(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(report));
  }

  private static void list(ArrayNode list, List<Problem> problems) {
    for (Problem problem : problems) {
      list.addObject()
          .put("file", problem.file())
          .put("path", problem.path())
          .put("message", problem.message())
          .put("fix", problem.fix());
    }
  }
}
