package dev.cachetide.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Changes of a whole table, with little memory: they finish, at most a few coarse evictions take
 * the place of the keys, nothing stale is left and no other key is lost. Delays are printed and not
 * asserted, since the machine has other work.
 */
final class StormIT {

  private static final int ROWS = Scale.of(30_000, 2_000_000);
  private static final int COPIED = Scale.of(10_000, 1_000_000);
  private static final Duration QUIET = Duration.ofSeconds(Scale.of(3, 30));
  private static final Duration WARM = Duration.ofSeconds(Scale.of(1, 10));
  private static final Duration DRAIN = Duration.ofMinutes(20);
  private static final List<Integer> HOT = IntStream.rangeClosed(1, 50).boxed().toList();
  private static final int LIMIT = Scale.of(2_000, 10_000);
  private static final String BULK =
      """
        - name: bulk
          source: { table: bulk }
          evict: [ { key: "bulk:{id}" } ]
          limits: { keys_per_transaction: %d }
        - name: mark
          source: { table: mark }
          evict: [ { key: "mark:{id}" } ]
      """
          .formatted(LIMIT);
  private static final String OTHERS =
      """
        - name: single
          source: { table: single }
          evict: [ { key: "single:{id}" } ]
        - name: direct
          source: { table: direct }
          evict: [ { key: "direct:{id}" } ]
      """;

  @TempDir private Path directory;
  private int marks;

  @Test
  void bulk_changes_finish_in_little_memory_and_leave_nothing_stale() throws Exception {
    try (StormWorld world =
            new StormWorld(directory, ROWS)
                .run("system", "rules:\n" + BULK + OTHERS, "ingest", "invalidate", "write-behind");
        CacheKeys cache = new CacheKeys(world.redis())) {
      List<String> keys = keys(HOT.size() + 1, ROWS);
      RoleProcess worker = world.role("system", "invalidate");
      cache.set(keys);
      cache.set("other:1", "bulk_:1");
      try (StormReaders readers = new StormReaders(world, "system", HOT)) {
        measured(world, cache, "system");
        assertThat(cache.present(keys)).as("keys of changed rows").isZero();
        assertThat(readers.stale()).as("stale rows after " + readers.reads() + " reads").isEmpty();
      }
      assertThat(storms(worker)).as("coarse evictions for one transaction").isBetween(1, 3);
      assertThat(skipped(worker)).as("events without a key of their own").isPositive();
      copyAndTruncate(world, cache, worker);
      inManyTransactions(world, cache, worker);
      assertThat(cache.present(List.of("other:1", "bulk_:1"))).as("keys of no rule").isEqualTo(2);
      assertThat(world.printHeaps()).as("all roles live").isTrue();
    }
  }

  /** Its slot need not send what the other pipeline's table is flooded with. */
  @Test
  void a_table_with_a_pipeline_of_its_own_does_not_hold_the_others_up() throws Exception {
    try (StormWorld world =
            new StormWorld(directory, ROWS)
                .run("system", "rules:\n" + OTHERS, "ingest", "invalidate")
                .run("flood", "rules:\n" + BULK, "ingest", "invalidate");
        CacheKeys cache = new CacheKeys(world.redis())) {
      List<String> keys = keys(1, ROWS);
      cache.set(keys);
      measured(world, cache, "flood");
      assertThat(cache.present(keys)).as("keys of changed rows").isZero();
      assertThat(world.printHeaps()).as("all roles live").isTrue();
    }
  }

  private void measured(StormWorld world, CacheKeys cache, String pipeline) throws Exception {
    handled(world, cache, pipeline);
    try (EvictionProbe commit = world.fromCommit();
        EvictionProbe kafka = world.fromKafka("system")) {
      LockSupport.parkNanos(WARM.toNanos());
      Delays quietCommit = commit.phase();
      Delays quietKafka = kafka.phase();
      LockSupport.parkNanos(QUIET.toNanos());
      Delays stormCommit = commit.phase();
      Delays stormKafka = kafka.phase();
      long began = System.nanoTime();
      world.execute("UPDATE bulk SET n = n + 1");
      long committed = System.nanoTime();
      drain(world, cache, pipeline);
      double seconds = (System.nanoTime() - committed) / 1e9;
      commit.phase();
      kafka.phase();
      System.out.printf(
          "%d rows: update %.1f s, drained %.1f s later, %.0f rows/s%n",
          ROWS, (committed - began) / 1e9, seconds, ROWS / seconds);
      print("commit to gone", quietCommit, stormCommit);
      print("Kafka to gone", quietKafka, stormKafka);
      RoleProcess worker = world.role(pipeline, "invalidate");
      System.out.printf("storms %d, events skipped %d%n", storms(worker), skipped(worker));
    }
  }

  /**
   * Enough changes below the limit that the programs are as compiled as those that run for long.
   */
  private void handled(StormWorld world, CacheKeys cache, String pipeline) throws SQLException {
    for (int i = 0; i < 10; i++) {
      world.execute("UPDATE bulk SET n = n WHERE id <= " + LIMIT / 2);
    }
    drain(world, cache, pipeline);
  }

  private void copyAndTruncate(StormWorld world, CacheKeys cache, RoleProcess worker)
      throws Exception {
    int before = storms(worker);
    List<String> copied = keys(ROWS + 1, ROWS + COPIED);
    cache.set(copied);
    world.copy(ROWS + 1, ROWS + COPIED);
    drain(world, cache, "system");
    assertThat(cache.present(copied)).as("keys of copied rows").isZero();
    assertThat(storms(worker) - before).as("coarse evictions for one COPY").isBetween(1, 3);
    cache.set(copied);
    world.execute("TRUNCATE bulk");
    drain(world, cache, "system");
    assertThat(cache.present(copied)).as("keys of truncated rows").isZero();
    System.out.printf("%d rows copied, then truncated%n", COPIED);
  }

  /** A migration that is split up stays precise: no transaction is a storm. */
  private void inManyTransactions(StormWorld world, CacheKeys cache, RoleProcess worker)
      throws Exception {
    int before = storms(worker);
    int each = 1_000;
    int last = 10 * each;
    cache.set(keys(1, last));
    for (int first = 1; first <= last; first += each) {
      world.execute(
          "INSERT INTO bulk SELECT i, 0 FROM generate_series(%d, %d) i"
              .formatted(first, first + each - 1));
    }
    drain(world, cache, "system");
    assertThat(cache.present(keys(1, last))).as("keys of migrated rows").isZero();
    assertThat(storms(worker)).as("coarse evictions for small transactions").isEqualTo(before);
  }

  /** Until the pipeline's ingest is past what is committed, and its workers have read it all. */
  private void drain(StormWorld world, CacheKeys cache, String pipeline) throws SQLException {
    // Of a rule of its own: a sweep of the other one would take it away too early.
    String mark = "mark:" + ++marks;
    cache.set(mark);
    world.execute("INSERT INTO mark VALUES (%d)".formatted(marks));
    cache.awaitGone(DRAIN, List.of(mark));
    world.topics().awaitRead(pipeline, "bulk", DRAIN);
  }

  private static int storms(RoleProcess worker) throws Exception {
    return (int) worker.metric("cachetide_invalidation_storms_total");
  }

  private static int skipped(RoleProcess worker) throws Exception {
    return (int) worker.metric("cachetide_invalidation_events_skipped_total");
  }

  private static List<String> keys(int first, int last) {
    return IntStream.rangeClosed(first, last).mapToObj(id -> "bulk:" + id).toList();
  }

  private static void print(String what, Delays quiet, Delays storm) {
    System.out.printf(
        "%s: quiet %s; during the storm %s; p99 ratio %.1f%n",
        what, quiet, storm, storm.quantile(0.99) / quiet.quantile(0.99));
  }
}
