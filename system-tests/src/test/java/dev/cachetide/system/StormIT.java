package dev.cachetide.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StormIT {

  private static final int ROWS = Integer.getInteger("rows", Scale.of(60_000, 2_000_000));
  private static final Duration QUIET = Duration.ofSeconds(Scale.of(4, 30));
  private static final Duration DRAIN = Duration.ofMinutes(15);
  private static final String BODY =
      """
      rules:
        - name: bulk
          source: { table: bulk }
          evict: [ { key: "bulk:{id}" } ]
        - name: single
          source: { table: single }
          evict: [ { key: "single:{id}" } ]
        - name: direct
          source: { table: direct }
          evict: [ { key: "direct:{id}" } ]
      """;

  @TempDir private Path directory;

  @Test
  void an_update_of_every_row_finishes_in_little_memory_and_other_evictions_keep_their_pace()
      throws Exception {
    try (StormWorld world = new StormWorld(directory, ROWS, BODY);
        CacheKeys cache = new CacheKeys(world.redis())) {
      List<String> keys = IntStream.rangeClosed(1, ROWS).mapToObj(id -> "bulk:" + id).toList();
      cache.set(keys);
      cache.set("other:1");
      try (EvictionProbe commit = world.fromCommit();
          EvictionProbe kafka = world.fromKafka()) {
        // Not counted: what the first evictions compile and connect.
        LockSupport.parkNanos(Duration.ofSeconds(3).toNanos());
        Delays quietCommit = commit.phase();
        Delays quietKafka = kafka.phase();
        LockSupport.parkNanos(QUIET.toNanos());
        Delays stormCommit = commit.phase();
        Delays stormKafka = kafka.phase();
        long began = System.nanoTime();
        world.execute("UPDATE bulk SET n = n + 1");
        long committed = System.nanoTime();
        // A row that is committed behind it: once that has left, ingest is past the transaction.
        cache.set("single:0");
        world.execute("INSERT INTO single VALUES (0)");
        cache.awaitGone(DRAIN, List.of("single:0"));
        world.awaitRead("bulk", DRAIN);
        long drained = System.nanoTime();
        commit.phase();
        kafka.phase();
        commit.awaitAll(DRAIN);
        kafka.awaitAll(DRAIN);
        double seconds = (drained - committed) / 1e9;
        System.out.printf(
            "%d rows: update %.1f s, drained %.1f s later, %.0f rows/s%n",
            ROWS, (committed - began) / 1e9, seconds, ROWS / seconds);
        print("commit to gone", quietCommit, stormCommit);
        print("Kafka to gone", quietKafka, stormKafka);
      }
      RoleProcess worker = world.role("invalidate");
      double storms = worker.metric("cachetide_invalidation_storms_total");
      double skipped = worker.metric("cachetide_invalidation_events_skipped_total");
      System.out.printf("storms %.0f, events skipped %.0f%n", storms, skipped);
      worker
          .output()
          .lines()
          .filter(line -> line.contains("WARN"))
          .limit(20)
          .forEach(System.out::println);
      for (Map.Entry<String, HeapLog> heap : world.heaps().entrySet()) {
        System.out.printf(
            "%s: heap peak %d MB, left by a collection %d MB, by a full one %d MB%n",
            heap.getKey(),
            heap.getValue().peak(),
            heap.getValue().live(),
            heap.getValue().liveAfterFull());
        assertThat(world.role(heap.getKey()).isAlive()).as(heap.getKey()).isTrue();
      }
      assertThat(cache.present(keys)).as("keys of changed rows").isZero();
      assertThat(cache.present(List.of("other:1"))).as("a key of no rule").isEqualTo(1);
    }
  }

  private static void print(String what, Delays quiet, Delays storm) {
    System.out.printf(
        "%s: quiet %s; during the storm %s; p99 ratio %.1f%n",
        what, quiet, storm, storm.quantile(0.99) / quiet.quantile(0.99));
  }
}
