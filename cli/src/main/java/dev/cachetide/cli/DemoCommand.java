package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.cli.demo.Demo;
import dev.cachetide.cli.demo.DemoReport;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cachetide demo}. */
@Command(
    name = "demo",
    description = {
      "A tour on embedded Postgres, Kafka and Redis: rows change and keys leave, writes land once,",
      "a worker is killed and another takes over. Each thing shown is checked."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Exit codes: 0 everything was checked to have happened, 1 something did not."})
final class DemoCommand implements Callable<Integer> {

  private static final long READY_WITHIN_NANOS = 60_000_000_000L;

  @Option(
      names = "--json",
      description = "Print one JSON object to stdout; progress goes to stderr.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    PrintWriter people = json ? Objects.requireNonNull(spec).commandLine().getErr() : out;
    Logs.onlyWarnings();
    try (Scratch scratch = Scratch.create("cachetide-demo")) {
      DemoReport report = tour(people, scratch.path());
      if (json) {
        out.println(new ObjectMapper().writeValueAsString(report.toJson(new ObjectMapper())));
      } else {
        out.println();
        report.summary().forEach(out::println);
      }
      out.flush();
      return report.ok() ? CachetideMain.OK : CachetideMain.FAILED;
    }
  }

  private DemoReport tour(PrintWriter people, Path scratch) throws Exception {
    long began = System.nanoTime();
    PipelineSettings named =
        Configuration.load(Shop.configuration(), EnumSet.noneOf(Section.class));
    try (EmbeddedServers servers =
        EmbeddedServers.startMissing(
            named, Shop.configuration(), null, text -> say(people, text))) {
      PipelineSettings settings = servers.complete();
      Shop.createIn(settings);
      try (World world = new World(settings, EnumSet.of(Role.INGEST, Role.INVALIDATE))) {
        world.start();
        awaitReady(world);
        say(people, String.format("ready after %.1f s%n", (System.nanoTime() - began) / 1e9));
        return new Demo(shown -> say(people, line(shown)), began, new StatusLine(world)::captured)
            .play(settings, Shop.configuration(), CachetideMain.class.getName(), scratch);
      }
    }
  }

  private static void awaitReady(World world) throws TimeoutException {
    long deadline = System.nanoTime() + READY_WITHIN_NANOS;
    while (!world.programs().stream().allMatch(program -> program.readiness().ready())) {
      if (System.nanoTime() > deadline) {
        throw new TimeoutException(
            "not ready: " + world.programs().stream().map(Program::readiness).toList());
      }
      LockSupport.parkNanos(10_000_000);
    }
  }

  private static String line(DemoReport.Shown shown) {
    return String.format(
        "%5.1f s  %s %s%n           %s",
        shown.at(), shown.ok() ? "✓" : "✗", shown.title(), shown.seen());
  }

  private static void say(PrintWriter people, String text) {
    people.println(text);
    people.flush();
  }
}
