package dev.cachetide.cli;

import dev.cachetide.cli.console.Console;
import dev.cachetide.cli.console.ConsoleSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Section;
import java.io.PrintWriter;
import java.net.BindException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cachetide console}. */
@Command(
    name = "console",
    description = {
      "Serves the operations console, a web page: how the pipeline is doing, what was",
      "set aside, what the rules make of a change. Until Ctrl-C.",
      "",
      "Without a token it only shows. With one, from --token-file or the environment's",
      "CACHETIDE_CONSOLE_TOKEN, who has it may replay, discard, pause, resume, resync."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide console -c shop.yaml",
      "  cachetide console -c shop.yaml --token-file /run/secrets/console \\",
      "      --metrics http://10.0.0.7:8080/metrics,http://10.0.0.8:8080/metrics",
      "",
      "On another host than the loopback one it needs a token, to read too, and a proxy",
      "before it that speaks TLS.",
      "Exit codes: 0 ended by Ctrl-C, 1 the address is taken, 2 bad input."
    })
final class ConsoleCommand implements Callable<Integer> {

  private static final int HIGHEST_PORT = 65_535;

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(
      names = "--host",
      paramLabel = "HOST",
      description = "To listen on; default ${DEFAULT-VALUE}.")
  private String host = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Default ${DEFAULT-VALUE}; 0 takes a free one.")
  private int port = 8090;

  @Option(
      names = "--allow-host",
      paramLabel = "NAME",
      split = ",",
      description = "Another name under which browsers reach it; repeatable.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "Holds the token, 16 characters or more.")
  private @Nullable Path tokenFile;

  @Mixin private PagesOption metrics = new PagesOption();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    List<Problem> problems = new ArrayList<>();
    @Nullable String token = ConsoleToken.read(tokenFile, System.getenv(), problems);
    check(token, problems);
    List<URI> pages = metrics.given(problems);
    ConfigurationRejected.ifAny(problems);
    Path file = config.required();
    PipelineSettings settings =
        Configuration.load(file, EnumSet.of(Section.POSTGRES, Section.KAFKA));
    ConsoleSettings console =
        new ConsoleSettings(
            host,
            port,
            Set.copyOf(names),
            token,
            pages.isEmpty() ? PagesOption.configured(settings.http()) : pages);
    return serve(file, settings, console);
  }

  private int serve(Path file, PipelineSettings settings, ConsoleSettings settingsOfConsole)
      throws ConfigurationRejected {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    try (Console console = console(file, settings, settingsOfConsole)) {
      console.start();
      CompletableFuture<Void> asked = Shutdown.asked();
      out.println("  console   " + console.url() + access(settingsOfConsole));
      settingsOfConsole.metrics().forEach(page -> out.println("  metrics   " + page));
      out.flush();
      asked.join();
      return CachetideMain.OK;
    } catch (BindException e) {
      Objects.requireNonNull(spec)
          .commandLine()
          .getErr()
          .println("cachetide: " + e.getMessage() + "\n    fix: --port 0 takes a free one");
      return CachetideMain.FAILED;
    }
  }

  /** The console of a pipeline whose servers are all named. */
  static Console console(Path file, PipelineSettings settings, ConsoleSettings console)
      throws ConfigurationRejected {
    ReadTopics reads = new ReadTopics(settings);
    return new Console(
        settings,
        console,
        new ConsoleRules(file, settings),
        reads::byInvalidation,
        reads::byWriteBehind);
  }

  /** What may be done, for people. */
  static String access(ConsoleSettings console) {
    return console.token() == null ? "  (read-only: no token)" : "  (actions ask for the token)";
  }

  private void check(@Nullable String token, List<Problem> problems) {
    if (port < 0 || port > HIGHEST_PORT) {
      problems.add(
          new Problem("--port", String.valueOf(port), "is not between 0 and 65535", "8090"));
    }
    if (token == null && problems.isEmpty() && !ConsoleSettings.isLoopback(host)) {
      problems.add(
          new Problem(
              "--host",
              host,
              "is reached by others, and there is no token",
              "add --token-file FILE, or leave --host out"));
    }
  }
}
