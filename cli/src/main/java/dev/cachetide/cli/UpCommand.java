package dev.cachetide.cli;

import dev.cachetide.cli.console.Console;
import dev.cachetide.cli.console.ConsoleSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Section;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cachetide up}. */
@Command(
    name = "up",
    description = {
      "Runs every role of a pipeline in this process. Servers that the configuration does not name",
      "are embedded. Without a configuration it serves examples/shop. The console is served with",
      "it. Ctrl-C drains and stops."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Exit codes: 0 drained, 1 it failed, 2 bad configuration."})
final class UpCommand implements Callable<Integer> {

  private static final long STATUS_MILLIS = 1_000;

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Keep the embedded servers' data here; without it, it goes with the process.")
  private @Nullable Path data;

  @Option(
      names = "--console-port",
      paramLabel = "N",
      description = "Where the console is served; a free port unless given.")
  private int consolePort;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    CompletableFuture<Void> asked = Shutdown.asked();
    Path file = config.file() == null ? Shop.configuration() : config.required();
    PipelineSettings named = Configuration.load(file, EnumSet.noneOf(Section.class));
    try (EmbeddedServers servers = EmbeddedServers.startMissing(named, file, data, out::println)) {
      PipelineSettings settings = servers.complete();
      if (config.file() == null) {
        Shop.createIn(settings);
      }
      CatalogCheck.requireNone(settings, file.toString());
      try (World world = new World(settings, EnumSet.allOf(Role.class));
          ReloadThread reload =
              world.reloading(file, named, EnumSet.noneOf(Section.class), settings::withRulesOf)) {
        world.start();
        reload.start();
        servers.directions().forEach(out::println);
        out.println(
            "  probes    http://127.0.0.1:" + world.httpPort() + "/readyz  /livez  /metrics");
        ConsoleSettings shown = console(world);
        try (Console console = ConsoleCommand.console(file, settings, shown)) {
          console.start();
          out.println("  console   " + console.url() + ConsoleCommand.access(shown));
          out.println();
          otherCommands(file, servers, world).forEach(out::println);
          out.println();
          return watch(world, asked, out);
        }
      }
    }
  }

  private static List<String> otherCommands(Path file, EmbeddedServers servers, World world) {
    List<String> variables = new ArrayList<>(servers.variables());
    variables.add("CACHETIDE_HTTP_PORT=" + world.httpPort());
    return List.of(
        "Other commands, in another terminal:",
        "  export " + String.join(" \\\n         ", variables),
        "  ./cachetide status --watch --config " + file);
  }

  private ConsoleSettings console(World world) throws ConfigurationRejected {
    List<Problem> problems = new ArrayList<>();
    @Nullable String token = ConsoleToken.read(null, System.getenv(), problems);
    ConfigurationRejected.ifAny(problems);
    return new ConsoleSettings(
        "127.0.0.1",
        consolePort,
        Set.of(),
        token,
        List.of(URI.create("http://127.0.0.1:" + world.httpPort() + "/metrics")));
  }

  private static int watch(World world, CompletableFuture<Void> asked, PrintWriter out)
      throws Exception {
    CompletableFuture<?> end = CompletableFuture.anyOf(asked, world.ended());
    LiveLine line = new LiveLine(out, Ansi.AUTO.enabled());
    StatusLine status = new StatusLine(world);
    while (!end.isDone()) {
      line.show(status.text());
      try {
        end.get(STATUS_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // Nobody has asked to stop: the loop shows the next status.
      }
    }
    line.end(asked.isDone() ? "draining ..." : "a role has ended by itself; its log is above");
    return asked.isDone() ? CachetideMain.OK : CachetideMain.FAILED;
  }
}
