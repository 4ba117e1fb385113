package dev.cachetide.benchmarks.hits;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.sandbox.SandboxRedis;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code benchmarks/hits}: runs every contender at every number of threads, and compares. */
@Command(
    name = "hits",
    description = {
      "How fast is a hit? Keys that are in Redis, JSON of about 300 bytes, decoded to a record;",
      "a plain Lettuce GET and its peers, in turn, on one embedded Redis."
    },
    mixinStandardHelpOptions = true)
public final class Hits implements Callable<Integer> {

  @Option(names = "--threads", split = ",", description = "Default: 1,8,64.")
  private List<Integer> threads = List.of(1, 8, 64);

  @Option(
      names = "--rounds",
      description = "How often all is run in turn; the best counts. Default: 1.")
  private int rounds = 1;

  @Option(names = "--seconds", description = "Measured in each trial. Default: 3.")
  private int seconds = 3;

  @Option(
      names = "--only",
      split = ",",
      description = "What is measured beside lettuce: ${COMPLETION-CANDIDATES}. Default: all.")
  private List<Contender> only = List.of(Contender.values());

  @Option(
      names = "--json",
      description = "Print one JSON object to stdout; progress goes to stderr in any case.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  public static void main(String[] args) {
    CommandLine command = new CommandLine(new Hits()).setCaseInsensitiveEnumValuesAllowed(true);
    command.setExecutionExceptionHandler(
        (failure, line, parsed) -> {
          System.err.println("hits: " + failure.getMessage());
          return line.getCommandSpec().exitCodeOnExecutionException();
        });
    System.exit(command.execute(args));
  }

  @Override
  public Integer call() {
    checkOptions();
    Conditions conditions = Conditions.now(seconds, rounds);
    try (SandboxRedis redis = SandboxRedis.builder().start()) {
      HitTable table = new HitTable(Measurement.best(measure(new Trial(redis.uri(), seconds))));
      if (json) {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode report = conditions.toJson(mapper);
        report.set("results", table.toJson(mapper));
        System.out.println(report);
      } else {
        System.out.printf("%n%s%n%n", conditions.text());
        table.lines().forEach(System.out::println);
      }
    }
    return 0;
  }

  private void checkOptions() {
    if (rounds < 1 || seconds < 1 || threads.stream().anyMatch(count -> count < 1)) {
      throw new ParameterException(
          Objects.requireNonNull(spec).commandLine(),
          "--rounds, --seconds and --threads must be positive");
    }
  }

  /** Contenders innermost: what is compared is measured close together. */
  private List<Measurement> measure(Trial trial) {
    List<Contender> contenders =
        Arrays.stream(Contender.values())
            .filter(contender -> contender == Contender.LETTUCE || only.contains(contender))
            .toList();
    int trials = rounds * threads.size() * contenders.size();
    List<Measurement> measurements = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      for (int count : threads) {
        for (Contender contender : contenders) {
          Measurement measured = trial.run(contender, count);
          measurements.add(measured);
          progress(measurements.size(), trials, measured);
        }
      }
    }
    return measurements;
  }

  private static void progress(int done, int trials, Measurement measured) {
    System.err.printf(
        Locale.ROOT,
        "%3d/%d  %-28s %3d threads %,12.0f hits/s%n",
        done,
        trials,
        measured.contender().title(),
        measured.threads(),
        measured.hitsPerSecond());
  }
}
