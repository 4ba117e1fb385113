package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cachetide teardown}. */
@Command(
    name = "teardown",
    description = {
      "Removes what a pipeline has left in Postgres: its replication slot, which would keep WAL"
          + " for",
      "ever, and its publication. With --schema also Cachetide's tables, with --topics its topics.",
      "Says what it will drop, and asks for the pipeline's name. Refuses while ingest reads the"
          + " slot.",
      "Caches stay as they are, and nothing keeps them right any more: empty them."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide teardown --dry-run -c shop.yaml",
      "  cachetide teardown --schema --topics --yes -c shop.yaml",
      "",
      "Exit codes: 0 dropped (or there was nothing), 1 refused, failed, or a server does not"
          + " answer,",
      "2 bad configuration, or the name was not typed."
    })
final class TeardownCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(
      names = "--schema",
      description =
          "Also drop the schema cachetide, with parked writes, receipts and offsets; refused while"
              + " another pipeline uses it.")
  private boolean schema;

  @Option(
      names = "--topics",
      description = "Also delete the pipeline's topics, with accepted writes that are not applied.")
  private boolean topics;

  @Option(names = "--yes", description = "Do not ask.")
  private boolean yes;

  @Option(names = "--dry-run", description = "Only say what would be dropped.")
  private boolean dryRun;

  @Option(names = "--json", description = "Print one JSON object; needs --yes or --dry-run.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyErrors();
    Set<Section> needs = EnumSet.of(Section.POSTGRES);
    if (topics) {
      needs.add(Section.KAFKA);
    }
    PipelineSettings settings = Configuration.load(config.required(), needs);
    if (json && !yes && !dryRun) {
      err().println("cachetide: --json does not ask\n    fix: add --yes or --dry-run");
      return CachetideMain.BAD_INPUT;
    }
    PostgresConnector postgres =
        new PostgresConnector(Objects.requireNonNull(settings.postgres()), "cachetide-teardown");
    try (Connection connection = postgres.connect()) {
      Remains remains = Remains.of(connection, settings.names(), schema);
      List<String> found = topics ? topics(settings) : List.of();
      List<String> refusals = remains.refusals();
      if (!refusals.isEmpty()) {
        return refused(refusals);
      }
      List<String> drops = new ArrayList<>(remains.drops());
      found.forEach(topic -> drops.add("topic " + topic));
      return drop(settings, connection, remains, found, drops);
    }
  }

  private int refused(List<String> refusals) throws IOException {
    if (json) {
      print(List.of(), false, refusals);
    } else {
      refusals.forEach(err()::println);
    }
    return CachetideMain.FAILED;
  }

  private int drop(
      PipelineSettings settings,
      Connection connection,
      Remains remains,
      List<String> found,
      List<String> drops)
      throws Exception {
    if (!json) {
      out().println(drops.isEmpty() ? "nothing to drop" : dryRun ? "would drop" : "will drop");
      drops.forEach(each -> out().println("  " + each));
    }
    if (!dryRun && !drops.isEmpty()) {
      if (!yes && !confirmed(settings.names().pipeline())) {
        return CachetideMain.BAD_INPUT;
      }
      remains.drop(connection);
      if (!found.isEmpty()) {
        try (Admin admin = admin(settings)) {
          new TopicMaker(admin).remove(found);
        }
      }
    }
    boolean dropped = !dryRun && !drops.isEmpty();
    if (json) {
      print(drops, dropped, List.of());
    } else if (dropped) {
      out().println("dropped");
    }
    return CachetideMain.OK;
  }

  private boolean confirmed(String pipeline) throws IOException {
    out().print("type the pipeline's name to go on: ");
    out().flush();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String typed = in.readLine();
    if (pipeline.equals(typed == null ? null : typed.strip())) {
      return true;
    }
    err().println("cachetide: that is not the pipeline's name; nothing was dropped");
    return false;
  }

  private static List<String> topics(PipelineSettings settings) {
    List<String> wanted = WantedTopics.of(settings).topics().stream().map(NewTopic::name).toList();
    Set<String> all = new TreeSet<>(wanted);
    all.add(settings.names().writeTopic());
    all.add(settings.names().receiptTopic());
    try (Admin admin = admin(settings)) {
      return new TopicMaker(admin).existing(all).stream().sorted().toList();
    }
  }

  private static Admin admin(PipelineSettings settings) {
    return Admin.create(
        new KafkaClients(Objects.requireNonNull(settings.kafka())).admin("cachetide-teardown"));
  }

  private void print(List<String> drops, boolean dropped, List<String> refusals)
      throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode report = mapper.createObjectNode().put("dropped", dropped);
    drops.forEach(report.putArray("drops")::add);
    refusals.forEach(report.putArray("refusals")::add);
    out().println(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(report));
  }

  private PrintWriter out() {
    return Objects.requireNonNull(spec).commandLine().getOut();
  }

  private PrintWriter err() {
    return Objects.requireNonNull(spec).commandLine().getErr();
  }
}
