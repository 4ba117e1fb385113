package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.invalidation.history.ChangeHistory;
import dev.cachetide.invalidation.history.ChangeTopics;
import dev.cachetide.invalidation.history.HistoryRange;
import dev.cachetide.invalidation.history.RuleComparison;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.wire.TableName;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cachetide replay}. */
@Command(
    name = "replay",
    description = {
      "Shows what new rules would do differently: runs the rules of --config and those of --rules",
      "over the changes that Kafka still has, and counts what only one of them evicts.",
      "",
      "Nothing is touched: Redis is not contacted, no worker notices, no offset moves."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide replay --dry-run -c shop.yaml --rules new-rules.yaml --since 2h",
      "  cachetide replay --dry-run -c shop.yaml --rules new-rules.yaml \\",
      "      --since 2026-11-01T08:00:00Z --table public.users --show 10",
      "",
      "A name that changes twice counts twice. CHANGES are those for which a version evicts",
      "something, WIDENED those for which it evicts more than it can name.",
      "Exit codes: 0 compared, 1 Kafka does not answer, 2 bad input or configuration."
    })
final class ReplayCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(
      names = "--rules",
      paramLabel = "FILE",
      required = true,
      description = "The new rules: a whole configuration, or its `rules:` alone.")
  private @Nullable Path newer;

  @Option(
      names = "--since",
      paramLabel = "WHEN",
      required = true,
      description =
          "30m, 2h or 7d ago, a date, a timestamp such as 2026-11-01T08:00:00Z, earliest.")
  private String since = Since.EARLIEST;

  @Option(names = "--table", paramLabel = "TABLE", description = "Changes of this table alone.")
  private @Nullable String table;

  @Option(names = "--dry-run", description = "Needed: there is no other way to run it yet.")
  private boolean dryRun;

  @Option(
      names = "--show",
      paramLabel = "N",
      description = "Print the first N changes that differ; default ${DEFAULT-VALUE}.")
  private int show;

  @Option(names = "--offline", description = "Do not ask Postgres for replica identities.")
  private boolean offline;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    Instant from = checkOptions();
    PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
    Path file = config.required();
    PipelineSettings settings = Configuration.load(file, EnumSet.of(Section.KAFKA));
    Path newFile = Objects.requireNonNull(newer);
    RuleBook older = RuleBook.offline(file.toString(), settings);
    PipelineSettings named = Configuration.rules(newFile, settings.names().pipeline());
    RuleBook later = RuleBook.offline(newFile.toString(), named);
    RuleBook asked = offline ? older : older.asked(settings, err);
    RuleBook askedLater =
        offline ? later : asked.facts() == null ? later : later.asked(settings, err);
    RuleComparison comparison =
        new RuleComparison(
            older.rules(),
            later.rules(),
            name -> asked.of(name).isEmpty() ? askedLater.identity(name) : asked.identity(name),
            show);
    Progress progress = new Progress(err, "changes");
    compare(settings, from, comparison, progress);
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    ReplayReport report = new ReplayReport(comparison, from, progress.seconds());
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      out.println(mapper.writeValueAsString(report.json(mapper)));
    } else {
      report.print(out);
    }
    return CachetideMain.OK;
  }

  private Instant checkOptions() throws ConfigurationRejected {
    List<Problem> problems = new ArrayList<>();
    Instant from = Since.parse(since, Instant.now()).orElse(null);
    if (from == null) {
      problems.add(
          new Problem(
              "--since",
              since,
              "names no moment",
              "write 2h, 7d, 2026-11-01, 2026-11-01T08:00:00Z or earliest"));
    }
    if (!dryRun) {
      problems.add(
          new Problem(
              "--dry-run",
              "replay",
              "evicting the past again is not built: the workers go on from where they are",
              "add --dry-run to see the difference; after new rules, `cachetide evict pattern`"
                  + " removes what the old ones left"));
    }
    if (show < 0 || show > 10_000) {
      problems.add(new Problem("--show", String.valueOf(show), "is not 0 to 10000", "--show 10"));
    }
    if (table != null && (table.isEmpty() || table.startsWith(".") || table.endsWith("."))) {
      problems.add(new Problem("--table", table, "is no table", "write --table public.users"));
    }
    ConfigurationRejected.ifAny(problems);
    return Objects.requireNonNull(from);
  }

  private void compare(
      PipelineSettings settings, Instant from, RuleComparison comparison, Progress progress)
      throws ConfigurationRejected {
    TableName only = table == null ? null : TableName.parse(table);
    try (ChangeHistory history =
        new ChangeHistory(new KafkaClients(Objects.requireNonNull(settings.kafka())))) {
      Set<String> existing = history.topics();
      Map<String, TableName> topics =
          ChangeTopics.of(
              existing,
              settings.invalidation().topicPrefix(),
              List.of(comparison.older(), comparison.newer()),
              name -> only == null || name.equals(only));
      if (topics.isEmpty()) {
        throw new ConfigurationRejected(
            List.of(
                new Problem(
                    only == null ? "--rules" : "--table",
                    only == null ? "the tables" : only.toString(),
                    "Kafka has no topic of changes of what the rules are about",
                    "check kafka, pipeline and the tables' names; ingest creates the topics")));
      }
      HistoryRange range =
          from.equals(Instant.EPOCH) ? history.all(topics) : history.since(topics, from);
      history.read(
          range,
          change -> {
            comparison.add(change);
            progress.reached(comparison.changes(), range.size());
          });
    }
  }
}
