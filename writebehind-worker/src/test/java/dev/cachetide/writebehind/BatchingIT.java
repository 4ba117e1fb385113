package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.P0;
import static dev.cachetide.writebehind.Worlds.P1;
import static dev.cachetide.writebehind.Worlds.listed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.settings.WriteBehindSettings.BatchSettings;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.writebehind.Worlds.Log;
import dev.cachetide.writebehind.Worlds.Worker;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How a poll is cut into transactions, on a real Postgres. */
class BatchingIT {

  private static final int MUCH = 16 * 1024 * 1024;
  private static final Duration SECOND = Duration.ofSeconds(1);

  @RegisterExtension static final RunningPostgres postgres = new RunningPostgres();

  private final Log log = new Log();
  private Database db;

  @BeforeEach
  void createTables() throws Exception {
    db = postgres.database();
    db.run("DROP TABLE IF EXISTS t CASCADE", "CREATE TABLE t (id int PRIMARY KEY, a text)");
  }

  @AfterEach
  void close() throws Exception {
    db.close();
  }

  @Test
  void one_poll_becomes_transactions_of_so_many_rows_or_bytes() throws Exception {
    add(100);
    try (Worker worker = worker(new BatchSettings(40, MUCH, Duration.ZERO, SECOND, 0))) {
      assertThat(worker.handler.handle(log.batch())).isEqualTo(Outcome.applied());
      assertThat(worker.count("transactions")).isBetween(3.0, 8.0);
      assertThat(db.one("SELECT count(*) FROM t")).isEqualTo("100");
    }
    db.run("DELETE FROM cachetide.consumer_offset");
    try (Worker worker = worker(new BatchSettings(1_000, 1_024, Duration.ZERO, SECOND, 0))) {
      assertThat(worker.handler.handle(log.batch())).isEqualTo(Outcome.applied());
      assertThat(worker.count("transactions")).isGreaterThan(5);
    }
  }

  @Test
  void a_batch_that_times_out_comes_back_smaller_until_it_passes() throws Exception {
    db.run(
        "CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
            + " 'BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END'",
        "CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION slow()");
    add(150);
    try (Worker worker =
        worker(Duration.ofMillis(500), new BatchSettings(400, MUCH, Duration.ZERO, SECOND, 0))) {
      int timeouts = 0;
      for (int i = 0; i < 60 && !handled(worker, log.batch()); i++) {
        timeouts++;
      }
      assertThat(db.one("SELECT count(*) FROM t")).isEqualTo("150");
      assertThat(worker.count("retries")).isGreaterThan(1);
      assertThat(timeouts).isLessThan(60);
    }
  }

  @Test
  void over_the_rate_the_loop_is_asked_to_come_back() throws Exception {
    add(100);
    try (Worker worker = worker(new BatchSettings(1_000, MUCH, Duration.ZERO, SECOND, 60))) {
      ConsumerRecords<byte[], byte[]> batch = log.batch();
      assertThat(worker.handler.handle(batch))
          .isInstanceOfSatisfying(
              Outcome.Unfinished.class,
              unfinished -> assertThat(unfinished.pause()).isBetween(Duration.ofMillis(1), SECOND));
      assertThat(Integer.parseInt(db.one("SELECT count(*) FROM t"))).isBetween(60, 70);
      assertThat(worker.count("retries")).isZero();
    }
  }

  /** True when all of it was applied. */
  private static boolean handled(Worker worker, ConsumerRecords<byte[], byte[]> batch) {
    Outcome outcome = worker.handler.handle(batch);
    assertThat(outcome).isNotInstanceOf(Outcome.Fatal.class);
    return outcome instanceof Outcome.Applied;
  }

  private void add(int commands) {
    for (int i = 0; i < commands; i++) {
      log.add(P0, WriteCommand.upsert("t", Map.of("id", i), Map.of("a", "text " + i)));
    }
  }

  private Worker worker(BatchSettings batch) {
    return worker(Duration.ofSeconds(20), batch);
  }

  private Worker worker(Duration longestAnswer, BatchSettings batch) {
    Worker worker =
        new Worker(
            Worlds.postgres(postgres.jdbcUrl(), longestAnswer), log, batch, listed("t", "id"));
    assertThat(worker.assign(P0, P1)).isEqualTo(Outcome.applied());
    return worker;
  }
}
