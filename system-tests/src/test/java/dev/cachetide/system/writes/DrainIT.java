package dev.cachetide.system.writes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.WritePublisher;
import dev.cachetide.sandbox.ChildJvm;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.sandbox.TcpProxy;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.WriteCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGTERM ends a write-behind worker within its bound, whatever it has before it, with exit code 0;
 * each command is applied and counted as applied, or neither.
 */
final class DrainIT {

  private static final int BACKLOG = 20_000;
  private static final Duration SOON = Duration.ofSeconds(60);

  /** {@code drainTimeout}, one answer of Postgres, and the release of what a process holds. */
  private static final Duration BOUND = Duration.ofSeconds(2 + 4 + 10);

  private static Sandbox sandbox;
  private static Rows rows;
  private static TcpProxy proxy;

  @TempDir private static Path directory;

  @BeforeAll
  static void start() throws Exception {
    sandbox = Sandbox.builder().withoutRedis().start();
    proxy = TcpProxy.to(sandbox.postgres().port());
    rows = new Rows(sandbox.postgres());
    rows.run(List.of("CREATE TABLE counters (id int PRIMARY KEY, n bigint)"));
  }

  @AfterAll
  static void stop() {
    proxy.close();
    sandbox.close();
  }

  @BeforeEach
  void reset() throws Exception {
    rows.run(
        List.of(
            "DROP SCHEMA IF EXISTS cachetide CASCADE",
            "TRUNCATE counters",
            "INSERT INTO counters SELECT i, 0 FROM generate_series(0, 9) AS i",
            "DROP FUNCTION IF EXISTS slow() CASCADE"));
  }

  @Test
  void a_large_backlog_is_left_for_the_next_start() throws Exception {
    rows.run(
        List.of(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
                + " $$ BEGIN PERFORM pg_sleep(0.02); RETURN new; END $$",
            "CREATE TRIGGER slow BEFORE UPDATE ON counters FOR EACH ROW EXECUTE FUNCTION slow()"));
    try (ChildJvm worker = worker("backlog")) {
      publish("backlog", BACKLOG);
      awaitSome();
      assertThat(stop(worker)).isZero();
      long done = assertNothingHalfDone();
      assertThat(done).isLessThan(BACKLOG);
    }
    rows.run(List.of("DROP FUNCTION slow() CASCADE"));
    try (ChildJvm next = worker("backlog")) {
      Awaitility.await().atMost(SOON).until(() -> applied() == BACKLOG);
      assertThat(stop(next)).isZero();
    }
    assertThat(assertNothingHalfDone()).isEqualTo(BACKLOG);
  }

  @Test
  void a_postgres_that_does_not_answer_is_not_waited_for() throws Exception {
    try (ChildJvm worker = worker("slow")) {
      publish("slow", 500);
      Awaitility.await().atMost(SOON).until(() -> applied() == 500);
      try (Connection locker = sandbox.postgres().connect();
          Statement statement = locker.createStatement()) {
        locker.setAutoCommit(false);
        statement.execute("SELECT FROM counters FOR UPDATE");
        publish("slow", 500);
        Awaitility.await().atMost(SOON).until(DrainIT::workerWaits);
        assertThat(stop(worker)).isZero();
        locker.rollback();
      }
      assertThat(assertNothingHalfDone()).isEqualTo(500);
    }
  }

  @Test
  void a_postgres_that_is_away_is_not_waited_for() throws Exception {
    try (ChildJvm worker = worker("away")) {
      publish("away", 500);
      Awaitility.await().atMost(SOON).until(() -> applied() == 500);
      proxy.cut();
      publish("away", 500);
      worker.await("paused, trying again", SOON);
      assertThat(stop(worker)).isZero();
    } finally {
      proxy.restore();
    }
    assertThat(assertNothingHalfDone()).isEqualTo(500);
  }

  /** The exit code; a process that is still there after the bound was killed, which is 137. */
  private static int stop(ChildJvm worker) {
    return worker.stop(BOUND);
  }

  /** Each command adds one: what the tables have is what the offsets say. */
  private static long assertNothingHalfDone() throws Exception {
    long applied = applied();
    assertThat(rows.ask("SELECT sum(n) FROM counters").get(0)).containsEntry("sum", "" + applied);
    return applied;
  }

  private static void awaitSome() {
    Awaitility.await().atMost(SOON).ignoreExceptions().until(() -> applied() > 0);
  }

  private static long applied() throws SQLException {
    if (rows.ask("SELECT to_regclass('cachetide.consumer_offset') AS t")
        .get(0)
        .containsValue("null")) {
      return 0;
    }
    String sum =
        rows.ask("SELECT sum(next_offset) FROM cachetide.consumer_offset").get(0).get("sum");
    return "null".equals(sum) ? 0 : Long.parseLong(sum);
  }

  private static boolean workerWaits() throws SQLException {
    return !rows.ask(
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                + " AND application_name = 'cachetide write-behind'")
        .isEmpty();
  }

  private static void publish(String pipeline, int commands) throws Exception {
    try (WritePublisher publisher =
        new WritePublisher(
            new PipelineNames(pipeline),
            Map.of(
                "bootstrap.servers", sandbox.kafka().bootstrapServers(), "max.block.ms", 60_000))) {
      List<CompletableFuture<?>> accepted = new ArrayList<>();
      for (int i = 0; i < commands; i++) {
        accepted.add(
            publisher.publish(
                WriteCommand.delta("counters", Map.of("id", i % 10), Map.of("n", 1))));
      }
      accepted.forEach(CompletableFuture::join);
    }
  }

  private static ChildJvm worker(String pipeline) throws Exception {
    Path config = Files.createTempFile(directory, "pipeline", ".yaml");
    Files.writeString(
        config,
        """
        pipeline: %s
        postgres:
          url: "jdbc:postgresql://127.0.0.1:%d/postgres"
          user: postgres
          socketTimeout: 4s
        kafka: { bootstrap.servers: "%s" }
        http: { port: 0 }
        writebehind: { drainTimeout: 2s, maxPollRecords: 200 }
        writes: [ { table: public.counters, key: [id] } ]
        """
            .formatted(pipeline, proxy.port(), sandbox.kafka().bootstrapServers()));
    return ChildJvm.of("dev.cachetide.cli.CachetideMain")
        .jvmOptions("-Xmx256m")
        .arguments("run", "write-behind", "--config", config.toString())
        .start();
  }
}
