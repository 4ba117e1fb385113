package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.runtime.GroupLag;
import dev.cachetide.runtime.GroupLag.PartitionLag;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Section;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cachetide lag}. */
@Command(
    name = "lag",
    description = {
      "Shows how far the workers are behind: for each partition that they read, the records that",
      "wait and for how many seconds the oldest of them has. Asks Kafka alone, so that workers that",
      "stand still or do not run are seen too. Seconds count from the commit in Postgres where a",
      "record tells of one, else from the moment that Kafka took it; 0 when nothing waits."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide lag -c shop.yaml",
      "  cachetide lag -c shop.yaml --watch",
      "  cachetide lag -c shop.yaml --json | jq '.groups[] | {group, records, seconds}'",
      "",
      "With --watch and --json each look is an object on a line of its own. Offsets are committed",
      "once a second, so that a worker which keeps up may show a second.",
      "Exit codes: 0 shown, 1 Kafka does not answer, 2 bad input."
    })
final class LagCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();

  @Mixin private WatchOption watch = new WatchOption();

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    List<Problem> problems = new ArrayList<>();
    watch.check(problems);
    ConfigurationRejected.ifAny(problems);
    PipelineSettings settings = Configuration.load(config.required(), EnumSet.of(Section.KAFKA));
    KafkaClients clients = new KafkaClients(Objects.requireNonNull(settings.kafka()));
    try (GroupLag lag = new GroupLag(clients, "cachetide-lag", InstantSource.system())) {
      return watch.look(
          () -> {
            print(look(settings, lag));
            return CachetideMain.OK;
          });
    }
  }

  /** A Kafka that is away takes some time to be given up. */
  private LagReport look(PipelineSettings settings, GroupLag lag) throws InterruptedException {
    try (Asking asking = new Asking(Objects.requireNonNull(spec).commandLine().getErr())) {
      asking.next("Kafka");
      return report(settings, lag);
    }
  }

  private static LagReport report(PipelineSettings settings, GroupLag lag)
      throws InterruptedException {
    ReadTopics reads = new ReadTopics(settings);
    Map<String, List<PartitionLag>> groups = new LinkedHashMap<>();
    String invalidate = settings.names().invalidationGroup();
    groups.put(invalidate, lag.of(invalidate, reads::byInvalidation));
    String writeBehind = settings.names().writeBehindGroup();
    List<PartitionLag> writes = lag.of(writeBehind, reads::byWriteBehind);
    if (!writes.isEmpty() || !settings.writes().isEmpty()) {
      groups.put(writeBehind, writes);
    }
    return new LagReport(settings.names().pipeline(), InstantSource.system().instant(), groups);
  }

  private void print(LagReport report) throws Exception {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      out.println(mapper.writeValueAsString(report.json(mapper)));
    } else {
      watch.begin(out);
      if (watch.again()) {
        out.println(report.at());
      }
      report.lines().forEach(out::println);
    }
    out.flush();
  }
}
