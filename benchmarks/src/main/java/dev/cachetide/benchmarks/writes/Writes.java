package dev.cachetide.benchmarks.writes;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.sandbox.Sandbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code benchmarks/writes}: every contender writes both workloads, in turn, and is compared. */
@Command(
    name = "writes",
    description = {
      "How fast do write commands get into Postgres, with fsync on? Cachetide's write-behind",
      "beside COPY, unnest by hand, and Debezium's JDBC sink, in turn, on the same servers."
    },
    mixinStandardHelpOptions = true)
public final class Writes implements Callable<Integer> {

  @Option(names = "--commands", description = "Of each workload. Default: 500000.")
  private int commands = 500_000;

  @Option(names = "--keys", description = "Rows of the second workload. Default: 50000.")
  private int keys = 50_000;

  @Option(
      names = "--rounds",
      description = "Measured, after one that warms up; the median counts. Default: 3.")
  private int rounds = 3;

  @Option(
      names = "--batch",
      description = "Commands in a transaction, of all but Cachetide, which has its defaults.")
  private int batchRows = 5_000;

  @Option(
      names = "--only",
      split = ",",
      description = "What is measured: ${COMPLETION-CANDIDATES}. Default: all.")
  private List<Contender> only = List.of(Contender.values());

  @Option(names = "--workloads", split = ",", description = "distinct, repeated. Default: both.")
  private List<String> workloads = List.of("distinct", "repeated");

  @Option(
      names = "--postgres",
      description = "Folder with initdb and postgres. Default: the embedded one.")
  private @Nullable Path postgres;

  @Option(
      names = "--json",
      description = "Print one JSON object to stdout; progress goes to stderr in any case.")
  private boolean json;

  public static void main(String[] args) {
    CommandLine command = new CommandLine(new Writes()).setCaseInsensitiveEnumValuesAllowed(true);
    System.exit(command.execute(args));
  }

  @Override
  public Integer call() throws Exception {
    Path folder = Files.createTempDirectory("writes");
    try (Sandbox sandbox = sandbox();
        Race race = new Race(sandbox, folder, batchRows)) {
      WriteTable table = new WriteTable(chosen(), version(sandbox), rounds, batchRows);
      for (int round = 0; round <= rounds; round++) {
        round(race, round, table);
      }
      if (json) {
        System.out.println(table.toJson(new ObjectMapper()));
      } else {
        table.lines().forEach(System.out::println);
      }
    } finally {
      delete(folder);
    }
    return 0;
  }

  /** Contenders innermost: what is compared is measured close together. */
  private void round(Race race, int round, WriteTable table) throws Exception {
    for (Workload workload : chosen()) {
      for (Contender contender : Contender.values()) {
        if (only.contains(contender) && contender.takes(workload)) {
          double perSecond = race.run(contender, workload);
          System.err.printf(
              Locale.ROOT,
              "%-8s  %-9s %-40s %,10.0f/s%n",
              round == 0 ? "warm-up" : "round " + round,
              workload.name(),
              contender.title(),
              perSecond);
          if (round > 0) {
            table.add(workload, contender, perSecond);
          }
        }
      }
    }
  }

  private List<Workload> chosen() {
    return Stream.of(Workload.distinct(commands), Workload.repeated(commands, keys))
        .filter(workload -> workloads.contains(workload.name()))
        .toList();
  }

  private Sandbox sandbox() {
    return Sandbox.builder()
        .withoutRedis()
        .postgres(
            builder -> {
              builder
                  .setting("fsync", "on")
                  .setting("shared_buffers", "512MB")
                  .setting("max_wal_size", "4GB");
              if (postgres != null) {
                builder.programs(postgres);
              }
            })
        .start();
  }

  private static String version(Sandbox sandbox) throws SQLException {
    try (Connection connection = sandbox.postgres().connect()) {
      return connection.getMetaData().getDatabaseProductVersion();
    }
  }

  private static void delete(Path folder) throws java.io.IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
