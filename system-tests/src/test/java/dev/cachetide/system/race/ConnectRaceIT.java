package dev.cachetide.system.race;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.system.Scale;
import dev.cachetide.system.connect.KafkaConnect;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The race on topics that Kafka Connect's Debezium makes, which holds nothing back: the gate is in
 * the worker. The control is a worker that takes them for ingest's, and so has none.
 */
final class ConnectRaceIT {

  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final int LATE_PER_MILLE = 40;

  @TempDir private static Path directory;
  private static Sandbox sandbox;
  private static KafkaConnect connect;
  private static HotRows rows;
  private static LateStandby standby;

  @BeforeAll
  static void start() throws Exception {
    sandbox = Sandbox.start();
    try (Connection connection = sandbox.postgres().connect()) {
      CachetideSchema.install(connection);
    }
    rows = new HotRows(sandbox.postgres());
    standby = new LateStandby(sandbox.postgres(), rows, LATE_PER_MILLE, new SplittableRandom(SEED));
    connect = KafkaConnect.start(sandbox, directory);
    connect.awaitReady();
  }

  @AfterAll
  static void stop() throws SQLException {
    standby.close();
    rows.close();
    connect.close();
    sandbox.close();
  }

  @Test
  void the_library_leaves_none_with_the_gate_in_the_worker() throws Exception {
    int writes = Scale.of(1_000, 100_000);
    int checks = Scale.of(300, 10_000);
    RaceReport report =
        race(
            "connect_gated",
            Source.DEBEZIUM,
            on -> List.of(LibraryCache.on(redis(), on), LibraryCache.on(redis(), on)),
            so -> so.writes() >= writes && so.checks() >= checks,
            Duration.ofMinutes(Scale.of(2, 30)));
    assertThat(report.stale()).isZero();
    assertThat(report.older()).isZero();
    assertThat(report.writes()).isGreaterThanOrEqualTo(writes);
    assertThat(report.checks()).isGreaterThanOrEqualTo(checks);
    assertThat(report.present()).isGreaterThan(report.checks() / 4);
  }

  @Test
  void leases_without_the_gate_leave_stale_entries() throws Exception {
    RaceReport report =
        race(
            "connect_ungated",
            Source.CACHETIDE,
            on -> List.of(new LeaseCache(redis(), new SplittableRandom(SEED))),
            so -> so.stale() > 0,
            Duration.ofMinutes(3));
    assertThat(report.stale()).isPositive();
  }

  private static String redis() {
    return sandbox.redis().uri();
  }

  private static RaceReport race(
      String name,
      Source source,
      Function<RacePipeline, List<CacheUnderTest>> newCaches,
      Predicate<RaceReport> enough,
      Duration limit)
      throws Exception {
    try (RacePipeline pipeline =
        new RacePipeline(
            sandbox,
            rows,
            name,
            (settings, meters) -> new ConnectorProgram(connect, sandbox, rows, settings.names()),
            source)) {
      List<CacheUnderTest> caches = newCaches.apply(pipeline);
      try {
        RaceReport report =
            new Race(name, sandbox, rows, pipeline, caches, SEED).run(enough, limit);
        System.out.println(report);
        return report;
      } finally {
        caches.forEach(CacheUnderTest::close);
      }
    }
  }
}
