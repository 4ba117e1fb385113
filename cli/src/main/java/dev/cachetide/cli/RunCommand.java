package dev.cachetide.cli;

import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code cachetide run ROLE…}. */
@Command(
    name = "run",
    description = {
      "Runs one or more roles of a pipeline in this process, until SIGTERM or Ctrl-C drains it.",
      "",
      "  ingest        Postgres to Kafka; a second one stands by",
      "  invalidate    Kafka to Redis; as many as the topics have partitions",
      "  write-behind  Kafka to Postgres; as many as the write topic has partitions"
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "SIGHUP, or a changed file, makes it take over the rules of the configuration.",
      "Probes /livez, /readyz and metrics /metrics are served on http.host and http.port.",
      "Exit codes: 0 drained, 1 it failed, 2 bad configuration."
    })
final class RunCommand implements Callable<Integer> {

  @Parameters(paramLabel = "ROLE", arity = "1..*", description = "${COMPLETION-CANDIDATES}")
  private List<Role> roles = new ArrayList<>();

  @Mixin private ConfigOption config = new ConfigOption();

  @Override
  public Integer call() throws Exception {
    Set<Role> chosen = EnumSet.copyOf(roles);
    PipelineSettings settings = Configuration.load(config.required(), needs(chosen));
    CatalogCheck.requireNone(settings, config.required().toString());
    CompletableFuture<Void> asked = Shutdown.asked();
    try (World world = new World(settings, chosen);
        ReloadThread reload =
            world.reloading(config.required(), settings, needs(chosen), UnaryOperator.identity())) {
      world.start();
      reload.start();
      HangUp.runs(reload::ask);
      CompletableFuture.anyOf(asked, world.ended()).join();
      return asked.isDone() ? CachetideMain.OK : CachetideMain.FAILED;
    }
  }

  private static Set<Section> needs(Set<Role> roles) {
    Set<Section> needs = EnumSet.noneOf(Section.class);
    roles.forEach(role -> needs.addAll(role.needs()));
    return needs;
  }
}
