package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.TopicMaker.Made;
import dev.cachetide.cli.TopicMaker.State;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cachetide topics create}. */
@Command(
    name = "create",
    description = {
      "Makes every topic of a pipeline that is missing, as its programs would at their start:",
      "change topics, requests, write commands, receipts and dead letters. One that exists is left",
      "as it is, and what is different about it is told. Safe to run again."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide topics create --dry-run -c shop.yaml",
      "  cachetide topics create -c shop.yaml --json",
      "",
      "Exit codes: 0 all topics are there, 1 one could not be made, or a server does not answer,",
      "2 bad configuration."
    })
final class TopicsCreateCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(names = "--dry-run", description = "Make nothing; the brokers say whether they would.")
  private boolean dryRun;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyErrors();
    PipelineSettings settings = Configuration.load(config.required(), EnumSet.of(Section.KAFKA));
    WantedTopics wanted = WantedTopics.of(settings);
    List<Made> made;
    try (Asking asking = new Asking(err());
        Admin admin =
            Admin.create(
                new KafkaClients(Objects.requireNonNull(settings.kafka()))
                    .admin("cachetide-topics"))) {
      asking.next("Kafka");
      made = new TopicMaker(admin).make(wanted.topics(), dryRun);
    }
    print(made);
    if (!wanted.complete()) {
      err()
          .println(
              "cachetide: Postgres does not tell which tables the globs match, so that their topics"
                  + " are not among these\n"
                  + "    fix: name Postgres in the configuration, or start it");
    }
    boolean failed = made.stream().anyMatch(each -> each.state() == State.REFUSED);
    return failed || !wanted.complete() ? CachetideMain.FAILED : CachetideMain.OK;
  }

  private void print(List<Made> made) throws Exception {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      ObjectNode report = mapper.createObjectNode().put("dryRun", dryRun);
      ArrayNode list = report.putArray("topics");
      for (Made each : made) {
        ArrayNode differences =
            list.addObject()
                .put("topic", each.topic())
                .put("state", each.state().word(dryRun))
                .putArray("differences");
        each.differences().forEach(differences::add);
      }
      out.println(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(report));
      return;
    }
    TextTable table = new TextTable("");
    made.forEach(
        each ->
            table.add(
                each.state().word(dryRun), each.topic(), String.join("; ", each.differences())));
    table.lines().forEach(out::println);
  }

  private PrintWriter err() {
    return Objects.requireNonNull(spec).commandLine().getErr();
  }
}
