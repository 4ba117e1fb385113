package dev.cachetide.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.ingest.FileOffsetIngest;
import dev.cachetide.sandbox.Sandbox;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;

/**
 * Ingest is killed in the middle of big transactions, again and again. Every row is changed exactly
 * once, so a key that is still there at the end was lost.
 *
 * <p>The control keeps Debezium's usual file of offsets and loses rows of a COPY: Postgres writes
 * many rows in one WAL record, all at one position; an offset that was stored in the middle of them
 * makes the engine skip the rest after a restart.
 */
final class IngestKillIT {

  private static final int KILLS = Scale.of(2, 20);
  private static final int KILLS_OF_THE_CONTROL = 20;
  private static final int ROWS_A_ROUND = 10_000;

  @TempDir private Path directory;
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @Test
  void every_changed_rows_key_is_gone_when_ingest_was_killed_during_copy_and_bulk_update()
      throws Exception {
    System.out.println("seed " + seed);
    try (World world = new World("dev.cachetide.cli.CachetideMain")) {
      for (int round = 0; round < KILLS; round++) {
        world.changeAndKill(round);
      }
      world.awaitAllGone(Duration.ofMinutes(2));
    }
  }

  @Test
  void with_a_file_offset_store_in_place_of_the_slot_keys_stay_behind() throws Exception {
    System.out.println("seed " + seed);
    try (World world = new World(FileOffsetIngest.class.getName())) {
      long lost = 0;
      for (int round = 0; round < KILLS_OF_THE_CONTROL && lost == 0; round += 2) {
        world.changeAndKill(round);
        lost = world.lostAfterRestart(round);
      }
      System.out.println("with a file offset store " + lost + " keys stayed behind");
      assertThat(lost).as("keys lost by the control").isPositive();
    }
  }

  /** Real servers, an invalidation worker, and an ingest process that can be killed. */
  private final class World implements AutoCloseable {

    private final Sandbox sandbox = Sandbox.start();
    private final CacheKeys cache = new CacheKeys(sandbox.redis().uri());
    private final Connection connection = sandbox.postgres().connect();
    private final Path config;
    private final String main;
    private final int port = FreePort.find();
    private final RoleProcess invalidation;
    private RoleProcess ingest;

    World(String main) throws SQLException, IOException {
      this.main = main;
      execute("CREATE TABLE items (id int PRIMARY KEY, n int NOT NULL)");
      // The rows of odd rounds are there before, and are updated; those of even rounds are copied.
      for (int round = 1; round < KILLS_OF_THE_CONTROL; round += 2) {
        execute(
            "INSERT INTO items SELECT i, 0 FROM generate_series(%d, %d) i"
                .formatted(first(round), first(round + 1) - 1));
      }
      String rules =
          """
          # Small batches: more moments between an acknowledgement and the next.
          ingest: { debezium: { max.batch.size: 64, max.queue.size: 1024 } }
          rules:
            - name: items
              source: { schema: public, table: items }
              evict: [ { key: "item:{id}" } ]
          """;
      config = PipelineFile.on(sandbox).body(rules).httpPort(port).write(directory);
      int invalidationPort = FreePort.find();
      invalidation =
          RoleProcess.start(
              directory,
              PipelineFile.on(sandbox).body(rules).httpPort(invalidationPort).write(directory),
              invalidationPort,
              "invalidate");
      ingest = RoleProcess.start(main, directory, config, port, "ingest");
      ingest.awaitReady();
      invalidation.awaitReady();
    }

    private int first(int round) {
      return round * ROWS_A_ROUND;
    }

    private List<String> keys(int round) {
      return IntStream.range(first(round), first(round + 1)).mapToObj(id -> "item:" + id).toList();
    }

    /** One big transaction; ingest is killed while its changes are on their way. */
    void changeAndKill(int round) throws Exception {
      cache.set(keys(round));
      if (round % 2 == 0) {
        copy(round);
      } else {
        execute(
            "UPDATE items SET n = n + 1 WHERE id BETWEEN %d AND %d"
                .formatted(first(round), first(round + 1) - 1));
      }
      awaitMomentToKill(keys(round));
      ingest.kill();
      ingest = RoleProcess.start(main, directory, config, port, "ingest");
      ingest.awaitReady();
    }

    /** Three times of four in the middle of the transaction's changes, else at any moment. */
    private void awaitMomentToKill(List<String> keys) {
      boolean inTheMiddle = random.nextInt(4) > 0;
      List<String> key = List.of(keys.get((int) (keys.size() * (0.3 + 0.6 * random.nextDouble()))));
      Duration atMost =
          inTheMiddle ? Duration.ofSeconds(30) : Duration.ofMillis(1 + random.nextInt(1_500));
      try {
        Awaitility.await()
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(1))
            .atMost(atMost)
            .until(() -> cache.present(key) == 0);
      } catch (ConditionTimeoutException e) {
        assertThat(inTheMiddle).as("the changes do not arrive").isFalse();
      }
    }

    private void copy(int round) throws SQLException, IOException {
      String rows =
          IntStream.range(first(round), first(round + 1))
              .mapToObj(id -> id + "\t0\n")
              .collect(Collectors.joining());
      connection
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyIn("COPY items FROM STDIN", new StringReader(rows));
    }

    private void execute(String sql) throws SQLException {
      try (Statement statement = connection.createStatement()) {
        statement.execute(sql);
      }
    }

    void awaitAllGone(Duration atMost) {
      List<String> all =
          IntStream.range(0, KILLS).mapToObj(this::keys).flatMap(List::stream).toList();
      cache.awaitGone(atMost, all);
    }

    /** What a later change of another row has overtaken will not come any more. */
    long lostAfterRestart(int round) throws SQLException {
      String marker = "item:" + (-1 - round);
      cache.set(marker);
      execute("INSERT INTO items VALUES (%d, 0)".formatted(-1 - round));
      cache.awaitGone(Duration.ofSeconds(60), List.of(marker));
      long[] before = {-1};
      Awaitility.await("the number of keys to settle")
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofSeconds(2))
          .until(
              () -> {
                long now = cache.present(keys(round));
                boolean settled = now == before[0];
                before[0] = now;
                return settled;
              });
      return before[0];
    }

    @Override
    public void close() throws SQLException {
      ingest.close();
      invalidation.close();
      cache.close();
      connection.close();
      sandbox.close();
    }
  }
}
