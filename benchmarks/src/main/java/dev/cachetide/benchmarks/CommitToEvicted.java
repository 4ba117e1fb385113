package dev.cachetide.benchmarks;

import dev.cachetide.ingest.CdcIngest;
import dev.cachetide.invalidation.InvalidationWorker;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.SettingsLoader;
import dev.cachetide.sandbox.Sandbox;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * From COMMIT to the key being gone from Redis, at 1,000 commits a second: Cachetide beside the
 * floor, on the same servers, in turn.
 */
public final class CommitToEvicted {

  private static final int PER_SECOND = 1_000;
  private static final int WRITERS = 4;
  private static final int COMMITS = Integer.getInteger("commits", 10_000);
  private static final int ROUNDS = Integer.getInteger("rounds", 3);

  private CommitToEvicted() {}

  /** Runs the benchmark; {@code -Dcommits=} and {@code -Drounds=} (odd) change its size. */
  public static void main(String[] args) throws Exception {
    try (Sandbox sandbox = Sandbox.builder().start()) {
      createTables(sandbox);
      SimpleMeterRegistry meters = new SimpleMeterRegistry();
      PipelineSettings settings = settings(sandbox);
      try (Program ingest = new CdcIngest(settings, meters);
          Program invalidation = new InvalidationWorker(settings, meters);
          Evictions evictions = new Evictions(sandbox.redis().uri());
          Floor floor = floor(sandbox)) {
        floor.start();
        ingest.start();
        invalidation.start();
        awaitReady(List.of(ingest, invalidation));
        compare(sandbox, evictions);
      }
    }
  }

  private static Floor floor(Sandbox sandbox) throws SQLException {
    return new Floor(
        sandbox.postgres().jdbcUrl(),
        sandbox.postgres().user(),
        sandbox.redis().uri(),
        "bench_floor",
        "floor:");
  }

  private static void compare(Sandbox sandbox, Evictions evictions) throws Exception {
    Load load =
        new Load(
            sandbox.postgres().jdbcUrl(), sandbox.postgres().user(), COMMITS, PER_SECOND, WRITERS);
    System.out.printf(
        "%d single-row commits at %,d/s by %d connections, %d rounds in turn after one of warm-up;%n"
            + "%d cores, Java %s; embedded servers, fsync off%n%n",
        COMMITS,
        PER_SECOND,
        WRITERS,
        ROUNDS,
        Runtime.getRuntime().availableProcessors(),
        Runtime.version().feature());
    Figures[] floor = new Figures[ROUNDS];
    Figures[] cachetide = new Figures[ROUNDS];
    System.out.printf("%-22s %10s %10s %10s %10s%n", "", "p50 ms", "p99 ms", "max ms", "commits/s");
    for (int round = -1; round < ROUNDS; round++) {
      Figures ofFloor = round(load, evictions, "bench_floor", "floor:");
      Figures ofCachetide = round(load, evictions, "bench_cachetide", "bench:");
      if (round >= 0) {
        floor[round] = ofFloor;
        cachetide[round] = ofCachetide;
        print("floor, round " + (round + 1), ofFloor);
        print("cachetide, round " + (round + 1), ofCachetide);
      }
    }
    Figures middleFloor = Figures.median(floor);
    Figures middle = Figures.median(cachetide);
    System.out.println();
    print("floor, median", middleFloor);
    print("cachetide, median", middle);
    System.out.printf(
        "%-22s %9.1fx %9.1fx%n",
        "ratio", middle.p50() / middleFloor.p50(), middle.p99() / middleFloor.p99());
  }

  private static Figures round(Load load, Evictions evictions, String table, String prefix)
      throws InterruptedException, TimeoutException {
    evictions.set(prefix, COMMITS);
    AtomicLongArray committedAt = load.run(table);
    return Figures.between(committedAt, evictions.awaitAll());
  }

  private static void print(String name, Figures figures) {
    System.out.printf(
        "%-22s %10.2f %10.2f %10.2f %10.0f%n",
        name, figures.p50(), figures.p99(), figures.max(), figures.rate());
  }

  private static void createTables(Sandbox sandbox) throws Exception {
    try (Connection connection = sandbox.postgres().connect();
        Statement statement = connection.createStatement()) {
      for (String table : List.of("bench_floor", "bench_cachetide")) {
        statement.execute("CREATE TABLE " + table + " (id int PRIMARY KEY, n int NOT NULL)");
        statement.execute(
            "INSERT INTO " + table + " SELECT i, 0 FROM generate_series(0, " + COMMITS + ") i");
      }
    }
  }

  private static PipelineSettings settings(Sandbox sandbox) throws Exception {
    Path file = Files.createTempFile("bench", ".yaml");
    Files.writeString(
        file,
        """
        pipeline: bench
        postgres: { url: "%s", user: "%s" }
        kafka: { bootstrap.servers: "%s" }
        redis: { url: "%s" }
        rules:
          - name: bench
            source: { schema: public, table: bench_cachetide }
            evict: [ { key: "bench:{id}" } ]
        """
            .formatted(
                sandbox.postgres().jdbcUrl(),
                sandbox.postgres().user(),
                sandbox.kafka().bootstrapServers(),
                sandbox.redis().uri()));
    try {
      LoadedSettings loaded = SettingsLoader.load(file, Map.of());
      if (loaded instanceof LoadedSettings.Loaded ok) {
        return ok.settings();
      }
      throw new IllegalStateException(loaded.toString());
    } finally {
      Files.delete(file);
    }
  }

  private static void awaitReady(List<Program> programs) throws TimeoutException {
    long deadline = System.nanoTime() + 60_000_000_000L;
    while (!programs.stream().allMatch(program -> program.readiness().ready())) {
      if (System.nanoTime() > deadline) {
        throw new TimeoutException(programs.stream().map(Program::readiness).toList().toString());
      }
      LockSupport.parkNanos(10_000_000);
    }
  }
}
