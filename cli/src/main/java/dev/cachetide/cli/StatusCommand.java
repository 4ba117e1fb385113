package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.look.StatusJson;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Section;
import java.io.PrintWriter;
import java.net.URI;
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
import picocli.CommandLine.Spec;

/** {@code cachetide status}. */
@Command(
    name = "status",
    description = {
      "Shows a running pipeline in one picture: who does which role's work and owns what, how far",
      "each is behind, the replication slot, the visibility gate, generation and epochs, whether",
      "clients believe Redis, what is paused, and what was set aside. Asks the servers alone and",
      "changes nothing. What does not answer is named, with the reason, and the rest is shown."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide status -c shop.yaml",
      "  cachetide status -c shop.yaml --watch",
      "  cachetide status -c shop.yaml --json | jq '.roles[] | select(.active == 0)'",
      "",
      "Listens to Redis for up to 2.5 seconds, as a client does before it believes nothing more.",
      "With --watch and --json each look is an object on a line of its own.",
      "Exit codes: 0 shown, 1 something does not answer, 2 bad input."
    })
final class StatusCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();

  @Mixin private WatchOption watch = new WatchOption();

  @Mixin private PagesOption metrics = new PagesOption();

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.none();
    List<Problem> problems = new ArrayList<>();
    watch.check(problems);
    List<URI> pages = metrics.given(problems);
    ConfigurationRejected.ifAny(problems);
    PipelineSettings settings =
        Configuration.load(config.required(), EnumSet.of(Section.POSTGRES, Section.KAFKA));
    try (StatusLook look = new StatusLook(settings, pages)) {
      return watch.look(() -> show(look));
    }
  }

  private int show(StatusLook look) throws Exception {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    StatusPicture picture;
    try (Asking asking = new Asking(Objects.requireNonNull(spec).commandLine().getErr())) {
      asking.next("the servers");
      picture = look.look();
    }
    if (json) {
      out.println(new ObjectMapper().writeValueAsString(json(picture)));
    } else {
      watch.begin(out);
      StatusText.of(picture).forEach(out::println);
    }
    out.flush();
    return picture.problems().isEmpty() ? CachetideMain.OK : CachetideMain.FAILED;
  }

  private static ObjectNode json(StatusPicture picture) {
    ObjectNode json =
        StatusJson.status(
            picture.at(),
            picture.postgres(),
            picture.kafka(),
            picture.workers(),
            picture.letters());
    json.put("pipeline", picture.settings().names().pipeline());
    ArrayNode problems = json.putArray("problems");
    picture.problems().forEach(problems::add);
    ArrayNode roles = json.putArray("roles");
    StatusRole.of(picture).forEach(each -> put(each, roles.addObject()));
    put(picture, StatusGate.of(picture), json.putObject("gate"));
    json.set(
        "redis",
        picture.redis() == null ? null : StatusJson.redis(picture.redis(), picture.certified()));
    return json;
  }

  private static void put(StatusRole role, ObjectNode to) {
    to.put("role", role.role().toString())
        .put("state", role.state())
        .put("active", role.active())
        .put("standby", role.standby())
        .put("records", role.records())
        .put("seconds", role.seconds());
  }

  private static void put(StatusPicture picture, @Nullable StatusGate gate, ObjectNode to) {
    to.put("runsIn", picture.gate().toString())
        .put("batches", gate == null ? null : gate.batches())
        .put("meanMillis", gate == null ? null : gate.meanMillis())
        .put("longestMillis", gate == null ? null : gate.longestMillis())
        .put("early", gate == null ? null : gate.early());
  }
}
