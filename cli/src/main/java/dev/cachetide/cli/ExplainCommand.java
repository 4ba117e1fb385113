package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.invalidation.explain.GivenChange;
import dev.cachetide.invalidation.explain.GivenColumns;
import dev.cachetide.invalidation.history.ChangeHistory;
import dev.cachetide.invalidation.history.ChangeTopics;
import dev.cachetide.invalidation.history.RecordedChange;
import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.invalidation.rules.Verdict;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.wire.TableName;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cachetide explain}. */
@Command(
    name = "explain",
    description = {
      "Shows what the rules make of a change: every key, tag, version and pattern that leaves, by",
      "which line of the file, and why; and which rules do not apply, and why not.",
      "",
      "The change is described with --before and --after, or read from the change topics with",
      "--from-topic. Nothing is evicted, and no worker notices."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide explain -c shop.yaml --table users --after '{\"id\": 1, \"email\": \"a@b.c\"}'",
      "  cachetide explain -c shop.yaml --table users \\",
      "      --before '{\"id\": 1, \"email\": \"a@b.c\"}' --after '{\"id\": 1, \"email\": \"x@y.z\"}'",
      "  cachetide explain -c shop.yaml --from-topic --last 20",
      "",
      "A long value that Postgres did not repeat is written \"__debezium_unavailable_value\".",
      "Exit codes: 0 explained, 1 Kafka does not answer, 2 bad input or configuration."
    })
final class ExplainCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(
      names = "--table",
      paramLabel = "TABLE",
      description = "schema.table, or a table of schema public. As the catalogue spells it.")
  private @Nullable String table;

  @Option(
      names = "--op",
      paramLabel = "OP",
      description = "${COMPLETION-CANDIDATES}; by default what --before and --after tell.")
  private @Nullable Operation operation;

  @Option(names = "--before", paramLabel = "JSON", description = "The row before the change.")
  private @Nullable String before;

  @Option(names = "--after", paramLabel = "JSON", description = "The row after it.")
  private @Nullable String after;

  @Option(names = "--own-write", description = "Say that the write-behind worker made the change.")
  private boolean ownWrite;

  @Option(names = "--from-topic", description = "Explain changes that were published.")
  private boolean fromTopic;

  @Option(
      names = "--last",
      paramLabel = "N",
      description = "How many, the newest; default ${DEFAULT-VALUE}.")
  private int last = 10;

  @Option(names = "--offline", description = "Do not ask Postgres for replica identities.")
  private boolean offline;

  @Option(names = "--json", description = "Print one JSON object for each change, a line each.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    checkOptions();
    Path file = config.required();
    PipelineSettings settings =
        Configuration.load(
            file, fromTopic ? EnumSet.of(Section.KAFKA) : EnumSet.noneOf(Section.class));
    RuleBook book = RuleBook.offline(file.toString(), settings);
    checkTable(book);
    RuleBook asked = offline ? book : book.asked(settings, err());
    if (fromTopic) {
      explainTopic(settings, asked);
    } else {
      print(described(asked));
    }
    return CachetideMain.OK;
  }

  private void checkOptions() throws ConfigurationRejected {
    List<Problem> problems = new ArrayList<>();
    boolean described = before != null || after != null || operation != null || ownWrite;
    if (fromTopic && described) {
      problems.add(
          new Problem(
              "--from-topic",
              "the change",
              "is both described and to be read from Kafka",
              "leave out --from-topic, or --op, --before, --after and --own-write"));
    }
    if (!fromTopic && table == null) {
      problems.add(
          new Problem(
              "--table", "the table", "is missing", "add --table public.users, or --from-topic"));
    }
    if (last < 1 || last > 10_000) {
      problems.add(
          new Problem("--last", String.valueOf(last), "is not between 1 and 10000", "--last 20"));
    }
    if (table != null && (table.startsWith(".") || table.endsWith("."))) {
      problems.add(new Problem("--table", table, "is no table", "write --table public.users"));
    }
    reject(problems);
  }

  private void checkTable(RuleBook book) throws ConfigurationRejected {
    if (table != null) {
      reject(book.unknown(TableName.parse(table)).stream().toList());
    }
  }

  private static void reject(List<Problem> problems) throws ConfigurationRejected {
    ConfigurationRejected.ifAny(problems);
  }

  private ExplainedChange described(RuleBook book) throws ConfigurationRejected {
    TableName name = TableName.parse(Objects.requireNonNull(table));
    List<Problem> problems = new ArrayList<>();
    ChangeEvent event = new GivenChange(operation, before, after, ownWrite).event(problems);
    if (event != null) {
      problems.addAll(
          GivenColumns.problems(
              event, book.of(name), book.info(name).orElse(null), book.identity(name)));
    }
    reject(problems);
    return explained(book, name, Objects.requireNonNull(event), null);
  }

  private static ExplainedChange explained(
      RuleBook book, TableName name, @Nullable ChangeEvent event, @Nullable RecordedChange at) {
    List<Verdict> verdicts =
        event == null ? List.of() : Verdict.of(event, book.of(name), book.identity(name));
    return new ExplainedChange(name, event, at, verdicts);
  }

  private void explainTopic(PipelineSettings settings, RuleBook book) throws Exception {
    TableName only = table == null ? null : TableName.parse(table);
    try (ChangeHistory history =
        new ChangeHistory(new KafkaClients(Objects.requireNonNull(settings.kafka())))) {
      Map<String, TableName> topics =
          ChangeTopics.of(
              history.topics(),
              settings.invalidation().topicPrefix(),
              List.of(book.rules()),
              name -> only == null || name.equals(only));
      List<RecordedChange> changes = history.last(topics, last);
      if (changes.isEmpty()) {
        err().println("no change has been published yet for these tables");
      }
      for (RecordedChange change : changes) {
        print(explained(book, change.table(), change.event(), change));
      }
    }
  }

  private void print(ExplainedChange change) throws Exception {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      out.println(mapper.writeValueAsString(change.json(mapper)));
    } else {
      change.print(out, Ansi.AUTO);
      out.println();
    }
    out.flush();
  }

  private PrintWriter err() {
    return Objects.requireNonNull(spec).commandLine().getErr();
  }
}
