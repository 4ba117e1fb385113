package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.invalidation.requests.RequestPublisher;
import dev.cachetide.invalidation.requests.RequestPublisher.Published;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.wire.Invalidation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cachetide evict}. */
@Command(
    name = "evict",
    description = {
      "Evicts by hand: asks the invalidation workers through Kafka, so that applications' L1 caches",
      "hear of it too, and waits until they have done it.",
      "",
      "  key      one key of Redis               user:1",
      "  tag      every entry that carries it    team:7",
      "  version  every entry that follows it    prices",
      "  pattern  every key that a glob matches  'session:*'"
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide evict key user:1 user:2 -c shop.yaml",
      "  cachetide evict pattern 'user:email:*' -c shop.yaml",
      "  cut -f1 ids.tsv | sed 's/^/user:/' | cachetide evict key - -c shop.yaml",
      "",
      "Exit codes: 0 the workers have done it (with --no-wait: Kafka has the requests),",
      "1 they have not within --timeout, or Kafka does not answer, 2 bad input."
    })
final class EvictCommand implements Callable<Integer> {

  private static final int MOST_NAMES = 100_000;
  private static final int SHOWN = 20;
  private static final String WILDCARDS = "*?[";

  @Parameters(index = "0", paramLabel = "KIND", description = "${COMPLETION-CANDIDATES}")
  private @Nullable Kind kind;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "NAME",
      description = "What leaves; - reads names from stdin, one a line.")
  private List<String> names = new ArrayList<>();

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(
      names = "--wait",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Wait until the workers have evicted; on unless --no-wait.")
  private boolean waits;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "How long to wait; default ${DEFAULT-VALUE}.")
  private int timeout = 10;

  @Option(
      names = "--all-keys",
      description =
          "Allow a pattern that begins with a wildcard, which may match any key in Redis.")
  private boolean allKeys;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    List<Invalidation> wanted = wanted();
    PipelineSettings settings = Configuration.load(config.required(), EnumSet.of(Section.KAFKA));
    KafkaClients clients = new KafkaClients(Objects.requireNonNull(settings.kafka()));
    try (RequestPublisher requests =
        new RequestPublisher(settings.names(), clients, InstantSource.system())) {
      if (!requests.topicExists()) {
        err()
            .println(
                "cachetide: there is no topic "
                    + settings.names().invalidationTopic()
                    + " yet\n    fix: start a worker, which creates it: cachetide run invalidate");
        return CachetideMain.FAILED;
      }
      List<Published> published = requests.publish(wanted);
      boolean done = waits && requests.awaitDone(published, Duration.ofSeconds(timeout));
      report(published, done);
      return done || !waits ? CachetideMain.OK : CachetideMain.FAILED;
    }
  }

  private List<Invalidation> wanted() throws IOException, ConfigurationRejected {
    List<String> all = new ArrayList<>();
    for (String name : names) {
      if (name.equals("-")) {
        readInto(all);
      } else {
        all.add(name);
      }
    }
    List<Problem> problems = problems(all);
    ConfigurationRejected.ifAny(problems);
    return all.stream().map(this::invalidation).toList();
  }

  private static void readInto(List<String> all) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line = in.readLine();
    while (line != null && all.size() <= MOST_NAMES) {
      if (!line.isEmpty()) {
        all.add(line);
      }
      line = in.readLine();
    }
  }

  private List<Problem> problems(List<String> all) {
    List<Problem> problems = new ArrayList<>();
    String what = Objects.requireNonNull(kind).key();
    if (all.isEmpty()) {
      problems.add(new Problem("NAME", what, "stdin holds no name", "give one name a line"));
    }
    if (all.size() > MOST_NAMES) {
      problems.add(
          new Problem(
              "NAME",
              what,
              "there are more than " + MOST_NAMES + " names",
              "evict a pattern or a tag, or split the list"));
    }
    if (timeout < 1 || timeout > 3_600) {
      problems.add(
          new Problem("--timeout", String.valueOf(timeout), "is not between 1 and 3600", "10"));
    }
    for (String name : all) {
      if (name.isEmpty()) {
        problems.add(new Problem("NAME", what, "a name is empty", "remove it"));
      } else if (kind == Kind.PATTERN && !allKeys && WILDCARDS.indexOf(name.charAt(0)) >= 0) {
        problems.add(
            new Problem(
                "NAME",
                TextTable.visible(name),
                "has no fixed beginning, so it may match every key in Redis, whoever's it is",
                "begin with a prefix such as user:*, or say --all-keys"));
      }
    }
    return problems;
  }

  private Invalidation invalidation(String name) {
    return switch (Objects.requireNonNull(kind)) {
      case KEY -> new Invalidation.Key(name);
      case TAG -> new Invalidation.Tag(name);
      case VERSION -> new Invalidation.Version(name);
      case PATTERN -> new Invalidation.Pattern(name);
    };
  }

  private void report(List<Published> published, boolean done) throws Exception {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    String key = Objects.requireNonNull(kind).key();
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      ObjectNode report = mapper.createObjectNode().put("evicted", done).put("kind", key);
      ArrayNode list = report.putArray("requests");
      for (Published each : published) {
        list.addObject()
            .put("name", each.what().target())
            .put("topic", each.topic())
            .put("partition", each.partition())
            .put("offset", each.offset());
      }
      out.println(mapper.writeValueAsString(report));
      return;
    }
    TextTable table = new TextTable("");
    published.stream()
        .limit(SHOWN)
        .forEach(
            each ->
                table.add(
                    key,
                    each.what().target(),
                    each.topic()
                        + ", partition "
                        + each.partition()
                        + ", offset "
                        + each.offset()));
    table.lines().forEach(out::println);
    if (published.size() > SHOWN) {
      out.printf("… and %,d more%n", published.size() - SHOWN);
    }
    if (done) {
      out.println("evicted");
    } else if (waits) {
      err()
          .println(
              "cachetide: the workers have not evicted it within "
                  + timeout
                  + " s; the request stays in Kafka until they do\n"
                  + "    fix: see that `cachetide run invalidate` runs and is ready, or raise"
                  + " --timeout");
    }
  }

  private PrintWriter err() {
    return Objects.requireNonNull(spec).commandLine().getErr();
  }
}
