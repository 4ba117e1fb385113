package dev.cachetide.benchmarks.hits;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.sandbox.SandboxRedis;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code benchmarks/hits}: runs every contender at every number of threads, and compares. */
@Command(
    name = "hits",
    description = {
      "How fast is a hit? Keys that are in Redis, JSON of about 300 bytes, decoded to a record;",
      "Cachetide beside a plain Lettuce GET and its peers, in turn, on one embedded Redis."
    },
    mixinStandardHelpOptions = true)
public final class Hits implements Callable<Integer> {

  @Option(names = "--threads", split = ",", description = "Default: 1,8,64.")
  private List<Integer> threads = List.of(1, 8, 64);

  @Option(
      names = "--rounds",
      description = "How often all is run in turn; the median counts. Default: 1.")
  private int rounds = 1;

  @Option(names = "--seconds", description = "Measured in each trial. Default: 3.")
  private int seconds = 3;

  @Option(
      names = "--only",
      split = ",",
      description = "Contenders beside lettuce: ${COMPLETION-CANDIDATES}. Default: all.")
  private List<Contender> only = List.of(Contender.values());

  @Option(
      names = "--json",
      description = "Print one JSON object to stdout; progress goes to stderr.")
  private boolean json;

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new Hits()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public Integer call() throws RunnerException {
    try (SandboxRedis redis = SandboxRedis.builder().start()) {
      HitTable table = new HitTable(measure(new Trial(redis.uri(), seconds)));
      if (json) {
        System.out.println(report(table));
      } else {
        System.out.printf("%n%s%n%n", conditions());
        table.lines().forEach(System.out::println);
      }
    }
    return 0;
  }

  /** Thread counts outside, contenders inside: what is compared is measured close together. */
  private List<Measurement> measure(Trial trial) throws RunnerException {
    List<Contender> contenders = contenders();
    int trials = rounds * threads.size() * contenders.size();
    int done = 0;
    List<Measurement> medians = new ArrayList<>();
    List<Measurement> all = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      for (int count : threads) {
        for (Contender contender : contenders) {
          Measurement measured = trial.run(contender, count);
          all.add(measured);
          progress(++done, trials, measured);
        }
      }
    }
    for (int count : threads) {
      for (Contender contender : contenders) {
        medians.add(
            Measurement.median(
                all.stream()
                    .filter(m -> m.threads() == count && m.contender() == contender)
                    .toList()));
      }
    }
    return medians;
  }

  private List<Contender> contenders() {
    return List.of(Contender.values()).stream()
        .filter(contender -> contender == Contender.LETTUCE || only.contains(contender))
        .toList();
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

  private String conditions() {
    return String.format(
        Locale.ROOT,
        "hits on %,d keys of %d bytes of JSON, decoded; %d s after 2 s of warm-up, %d round(s);%n"
            + "%d cores shared with the embedded Redis, Java %d",
        HitBenchmark.KEYS,
        Product.of(0).toJson().length,
        seconds,
        rounds,
        Runtime.getRuntime().availableProcessors(),
        Runtime.version().feature());
  }

  private ObjectNode report(HitTable table) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode report = mapper.createObjectNode();
    report.put("keys", HitBenchmark.KEYS);
    report.put("valueBytes", Product.of(0).toJson().length);
    report.put("seconds", seconds);
    report.put("rounds", rounds);
    report.put("cores", Runtime.getRuntime().availableProcessors());
    report.put("java", Runtime.version().feature());
    report.set("results", table.toJson(mapper));
    return report;
  }
}
