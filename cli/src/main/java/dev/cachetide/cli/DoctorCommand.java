package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.doctor.Doctor;
import dev.cachetide.cli.doctor.Finding;
import dev.cachetide.cli.doctor.Finding.Section;
import dev.cachetide.cli.doctor.Finding.Severity;
import dev.cachetide.cli.doctor.Program;
import dev.cachetide.ingest.CaptureCheck;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cachetide doctor}. */
@Command(
    name = "doctor",
    description = {
      "Holds the live servers against a configuration and says line by line what is right, what is",
      "worth a look and what is wrong, each with a command or SQL to paste.",
      "",
      "Looks at Postgres (settings, role and grants, publication, slot, tables), Kafka (topics,",
      "groups, brokers), Redis (version, memory, persistence, permissions, certified start) and"
          + " the",
      "clocks. Changes nothing: what the Redis user may do is tried on a key of its own."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide doctor -c shop.yaml",
      "  CACHETIDE_POSTGRES_USER=shop_ingest cachetide doctor -c shop.yaml --role ingest",
      "  cachetide doctor -c shop.yaml --json | jq '.findings[] | select(.severity == \"fail\")'",
      "",
      "Exit codes: 0 nothing failed (warnings may be there), 1 something is wrong or a server does",
      "not answer, 2 bad configuration."
    })
final class DoctorCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(
      names = "--role",
      split = ",",
      paramLabel = "ROLE",
      description =
          "What the Postgres user of the configuration is for: ${COMPLETION-CANDIDATES}; default"
              + " the first three. operations is who runs the console and commands such as pause.")
  private List<Program> roles = new ArrayList<>();

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyErrors();
    String file = config.required().toString();
    PipelineSettings settings = Configuration.load(config.required(), Set.of());
    var unused = RuleBook.offline(file, settings);
    Set<Program> programs = programs(settings);
    Asking asking = new Asking(err());
    Doctor doctor =
        new Doctor(
            settings,
            programs,
            WantedTopics.of(settings).topics(),
            () -> problems(settings, file, programs),
            asking::next);
    List<Finding> findings = doctor.examine();
    asking.close();
    print(findings);
    return findings.stream().anyMatch(each -> each.severity() == Severity.FAIL)
        ? CachetideMain.FAILED
        : CachetideMain.OK;
  }

  private Set<Program> programs(PipelineSettings settings) {
    if (!roles.isEmpty()) {
      return EnumSet.copyOf(roles);
    }
    Set<Program> programs = Program.running();
    if (settings.writes().isEmpty()) {
      programs.remove(Program.WRITE_BEHIND);
    }
    return programs;
  }

  private static List<Problem> problems(
      PipelineSettings settings, String file, Set<Program> programs) throws SQLException {
    List<Problem> problems = new ArrayList<>(CatalogCheck.problems(settings, file));
    if (programs.contains(Program.INGEST)) {
      try (Connection connection =
          new PostgresConnector(Objects.requireNonNull(settings.postgres()), "cachetide-doctor")
              .connect()) {
        problems.addAll(
            settings.origins().located(CaptureCheck.problems(connection, file, settings)));
      }
    }
    return problems;
  }

  private void print(List<Finding> findings) throws Exception {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    if (json) {
      out.println(json(findings));
      return;
    }
    for (Section section : Section.values()) {
      TextTable table = new TextTable("  ");
      for (Finding each : findings) {
        if (each.section() == section) {
          table.add(word(each), each.check(), each.found());
          if (!each.fix().isEmpty()) {
            table.add("", "", "fix: " + each.fix());
          }
        }
      }
      if (!table.isEmpty()) {
        out.println(section);
        table.lines().forEach(out::println);
      }
    }
    out.printf(
        "%d ok, %d to look at, %d wrong%n",
        count(findings, Severity.OK),
        count(findings, Severity.WARN),
        count(findings, Severity.FAIL));
  }

  private static String json(List<Finding> findings) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode report = mapper.createObjectNode().put("ok", count(findings, Severity.FAIL) == 0);
    ArrayNode list = report.putArray("findings");
    for (Finding each : findings) {
      list.addObject()
          .put("section", each.section().toString())
          .put("severity", word(each))
          .put("check", each.check())
          .put("found", each.found())
          .put("fix", each.fix().isEmpty() ? null : each.fix());
    }
    return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(report);
  }

  private static long count(List<Finding> findings, Severity severity) {
    return findings.stream().filter(each -> each.severity() == severity).count();
  }

  private static String word(Finding finding) {
    return finding.severity().name().toLowerCase(Locale.ROOT);
  }

  private PrintWriter err() {
    return Objects.requireNonNull(spec).commandLine().getErr();
  }
}
