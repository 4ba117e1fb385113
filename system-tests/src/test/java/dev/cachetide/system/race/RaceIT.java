package dev.cachetide.system.race;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.ingest.CdcIngest;
import dev.cachetide.ingest.UngatedIngest;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.system.Scale;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The same race for every way to cache. Some are controls: each must be found out. */
final class RaceIT {

  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private static final int LATE_PER_MILLE = 40;

  /** A control runs until it is found out; in full it goes on, to tell how often. */
  private static final Goal FOUND_OUT =
      new Goal(so -> so.stale() > 0 && so.checks() >= Scale.of(1, 6_000), Duration.ofMinutes(3));

  private static final Goal LIBRARY =
      new Goal(
          so -> so.writes() >= Scale.of(1_500, 300_000) && so.checks() >= Scale.of(400, 30_000),
          Duration.ofMinutes(Scale.of(2, 60)));

  private static final Goal NEAR =
      new Goal(
          so -> so.writes() >= Scale.of(1_000, 50_000) && so.checks() >= Scale.of(200, 5_000),
          Duration.ofMinutes(Scale.of(2, 30)));

  private static Sandbox sandbox;
  private static HotRows rows;
  private static LateStandby standby;

  @BeforeAll
  static void start() throws SQLException {
    sandbox = Sandbox.start();
    rows = new HotRows(sandbox.postgres());
    standby = new LateStandby(sandbox.postgres(), rows, LATE_PER_MILLE, new SplittableRandom(SEED));
  }

  @AfterAll
  static void stop() throws SQLException {
    standby.close();
    rows.close();
    sandbox.close();
  }

  @Test
  void plain_set_and_delete_leave_stale_entries() throws Exception {
    RaceReport report =
        race("plain", CdcIngest::new, on -> List.of(new PlainCache(redis())), FOUND_OUT);
    assertThat(report.stale()).isPositive();
  }

  @Test
  void fills_tagged_with_the_position_of_the_wal_leave_stale_entries() throws Exception {
    RaceReport report =
        race("lsn_tagged", CdcIngest::new, on -> List.of(new LsnTaggedCache(redis())), FOUND_OUT);
    assertThat(report.stale()).isPositive();
  }

  @Test
  void leases_without_the_visibility_gate_leave_stale_entries() throws Exception {
    RaceReport report =
        race(
            "lease_without_gate",
            UngatedIngest::of,
            on -> List.of(new LeaseCache(redis(), new SplittableRandom(SEED))),
            FOUND_OUT);
    assertThat(report.stale()).isPositive();
  }

  @Test
  void the_library_leaves_none_and_never_goes_back_behind_what_was_acknowledged() throws Exception {
    RaceReport report =
        race(
            "library",
            CdcIngest::new,
            on -> List.of(LibraryCache.on(redis(), on), LibraryCache.on(redis(), on)),
            LIBRARY);
    assertThat(report.older()).isZero();
    assertClean(report, LIBRARY);
  }

  @Test
  void the_library_with_an_l1_in_two_processes_leaves_none() throws Exception {
    RaceReport report =
        race(
            "library_near",
            CdcIngest::new,
            on -> List.of(LibraryCache.nearOn(redis(), on), LibraryCache.nearOn(redis(), on)),
            NEAR);
    assertClean(report, NEAR);
  }

  /** The fourth control: Spring's annotations, on the library, by a manager that passes them on. */
  @Test
  void cacheable_on_a_manager_of_get_and_put_leaves_stale_entries() throws Exception {
    RaceReport report =
        race(
            "spring_naive",
            CdcIngest::new,
            on -> List.of(SpringCache.naive(redis(), on)),
            FOUND_OUT);
    assertThat(report.stale()).isPositive();
  }

  @Test
  void cacheable_on_the_starter_in_two_applications_leaves_none() throws Exception {
    RaceReport report =
        race(
            "spring",
            CdcIngest::new,
            on -> List.of(SpringCache.plain(redis(), on), SpringCache.inSync(redis(), on)),
            LIBRARY);
    assertThat(report.older()).isZero();
    assertClean(report, LIBRARY);
  }

  /** Not a cache that is clean because it is empty, or because time was over too soon. */
  private static void assertClean(RaceReport report, Goal goal) {
    assertThat(report.stale()).isZero();
    assertThat(goal.reached.test(report)).isTrue();
    assertThat(report.present()).isGreaterThan(report.checks() / 4);
  }

  private static String redis() {
    return sandbox.redis().uri();
  }

  private static RaceReport race(
      String name,
      BiFunction<PipelineSettings, MeterRegistry, Program> ingest,
      Function<RacePipeline, List<CacheUnderTest>> newCaches,
      Goal goal)
      throws Exception {
    try (RacePipeline pipeline = new RacePipeline(sandbox, rows, "race_" + name, ingest)) {
      List<CacheUnderTest> caches = newCaches.apply(pipeline);
      try {
        Race race = new Race(name, sandbox, rows, pipeline, caches, SEED);
        RaceReport report = race.run(goal.reached, goal.limit);
        System.out.println(report);
        return report;
      } finally {
        caches.forEach(CacheUnderTest::close);
      }
    }
  }

  private record Goal(Predicate<RaceReport> reached, Duration limit) {}
}
