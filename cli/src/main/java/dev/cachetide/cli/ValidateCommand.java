package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
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
      "missing tables and columns, unlogged tables, and key columns outside the replica identity."
    },
    mixinStandardHelpOptions = true,
    footer = {
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
    List<Problem> problems = problems(config.required());
    print(problems);
    return problems.isEmpty() ? CachetideMain.OK : CachetideMain.BAD_INPUT;
  }

  private List<Problem> problems(Path file) throws Exception {
    try {
      PipelineSettings settings = Configuration.load(file, EnumSet.noneOf(Section.class));
      if (offline || settings.postgres() == null) {
        return List.of();
      }
      return CatalogCheck.problems(settings, file.toString());
    } catch (ConfigurationRejected e) {
      return e.problems();
    }
  }

  private void print(List<Problem> problems) throws Exception {
    var out = java.util.Objects.requireNonNull(spec).commandLine().getOut();
    if (!json) {
      problems.forEach(out::println);
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
    var list = report.putArray("problems");
    for (Problem problem : problems) {
      list.addObject()
          .put("file", problem.file())
          .put("path", problem.path())
          .put("message", problem.message())
          .put("fix", problem.fix());
    }
    out.println(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(report));
  }
}
