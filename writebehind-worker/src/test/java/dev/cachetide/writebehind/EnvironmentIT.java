package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.listed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.sandbox.TcpProxy;
import dev.cachetide.wire.WriteCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What is not the write's fault: a running worker waits for as long as it lasts, sets nothing aside
 * and goes on by itself. Commands keep coming all the while.
 */
class EnvironmentIT {

  private static final Duration LASTS = Duration.ofMillis(Full.or(2_000, 20_000));
  private static final Duration SOON = Duration.ofSeconds(40);
  private static final int ROWS = 20;
  private static final String WORKER = "application_name = 'cachetide write-behind'";

  private static Sandbox sandbox;
  private static TcpProxy proxy;
  private static Running running;
  private static int increments;

  @BeforeAll
  static void start() throws Exception {
    sandbox = Sandbox.builder().withoutRedis().start();
    run(
        "CREATE ROLE clerk LOGIN",
        "GRANT CREATE ON DATABASE postgres TO clerk",
        "CREATE TABLE counters (id int PRIMARY KEY, n int)",
        "CREATE TABLE blobs (id int PRIMARY KEY, body text)",
        "CREATE TABLE weather (storm boolean)",
        "INSERT INTO counters SELECT i, 0 FROM generate_series(0, " + (ROWS - 1) + ") AS i",
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO clerk");
    proxy = TcpProxy.to(sandbox.postgres().port());
    running =
        new Running(
            sandbox,
            "environment",
            "jdbc:postgresql://127.0.0.1:" + proxy.port() + "/postgres",
            "clerk",
            listed("counters", "id"),
            listed("blobs", "id"));
    running.worker.start();
    await().atMost(SOON).until(() -> running.worker.readiness().ready());
  }

  @AfterAll
  static void stop() {
    running.close();
    proxy.close();
    sandbox.close();
  }

  @Test
  void a_refused_connection_is_waited_for() throws Exception {
    survives("", proxy::cut, proxy::restore);
  }

  @Test
  void a_shutdown_is_waited_for() throws Exception {
    survives(
        "received fast shutdown request",
        () -> sandbox.postgres().stop(),
        () -> sandbox.postgres().start());
  }

  @Test
  void a_read_only_server_is_waited_for() throws Exception {
    survives(
        "in a read-only transaction",
        () -> run("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"),
        () ->
            run(
                "SET default_transaction_read_only = off",
                "ALTER SYSTEM RESET default_transaction_read_only",
                "SELECT pg_reload_conf()"));
  }

  @Test
  void too_many_connections_are_waited_for() throws Exception {
    survives(
        "too many connections for role",
        () -> run("ALTER ROLE clerk CONNECTION LIMIT 0", terminateWorker()),
        () -> run("ALTER ROLE clerk CONNECTION LIMIT -1"));
  }

  /** Our transactions are read committed, where only a function can raise it. */
  @Test
  void a_serialization_failure_is_waited_for() throws Exception {
    run(
        "CREATE OR REPLACE FUNCTION storm() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            + " IF EXISTS (SELECT FROM weather WHERE storm) THEN"
            + " RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001'; END IF;"
            + " RETURN new; END $$",
        "CREATE TRIGGER storm BEFORE UPDATE ON counters FOR EACH ROW EXECUTE FUNCTION storm()");
    survives(
        "could not serialize access",
        () -> run("INSERT INTO weather VALUES (true)"),
        () -> run("DELETE FROM weather"));
    run("DROP TRIGGER storm ON counters");
  }

  @Test
  void a_deadlock_is_waited_for() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    Thread locker = new Thread(() -> deadlock(over), "locker");
    try {
      survives("deadlock detected", locker::start, () -> over.set(true));
    } finally {
      over.set(true);
    }
    locker.join();
  }

  @Test
  void a_full_disk_is_waited_for() throws Exception {
    try (TinyDisk disk = TinyDisk.mount(sandbox.postgres())) {
      run(disk.tablespace());
      run(disk.move("tiny"));
      survives(
          disk.says(),
          () -> {
            run(disk.fill());
            for (int i = 0; i < 200; i++) {
              running.publish(blob(i));
            }
          },
          () -> run(disk.free()));
      assertThat(ask("SELECT count(*) FROM blobs")).isEqualTo("200");
      run(disk.move("pg_default"), disk.drop());
    }
  }

  private static void survives(String said, Step begin, Step end) throws Exception {
    increment(100);
    await().atMost(SOON).until(EnvironmentIT::done);
    double retries = running.count("retries");
    long logged = Files.size(serverLog());
    begin.run();
    long until = System.nanoTime() + LASTS.toNanos();
    while (System.nanoTime() < until || running.count("retries") == retries) {
      assertThat(System.nanoTime() - until).as("the fault to be met").isLessThan(SOON.toNanos());
      increment(20);
      LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
    }
    assertThat(running.worker.alive()).isTrue();
    end.run();
    await().atMost(SOON).until(EnvironmentIT::done);
    assertThat(Files.readString(serverLog()).substring(Math.toIntExact(logged))).contains(said);
    assertThat(ask("SELECT sum(n) FROM counters")).isEqualTo("" + increments);
    assertThat(ask("SELECT count(*) FROM cachetide.dead_letter")).isEqualTo("0");
    assertThat(running.worker.ended()).isNotDone();
  }

  /**
   * Takes a counter, waits for the worker to want it, and then wants what the worker has taken:
   * again and again.
   */
  private static void deadlock(AtomicBoolean over) {
    try (Connection connection = sandbox.postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET deadlock_timeout = '1min'");
      connection.setAutoCommit(false);
      while (!over.get()) {
        statement.execute("SELECT FROM counters FOR UPDATE");
        while (!over.get() && !workerWaits()) {
          LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
        }
        if (!over.get()) {
          statement.execute("SELECT FROM cachetide.consumer_offset FOR UPDATE");
        }
        connection.rollback();
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean workerWaits() throws SQLException {
    return !ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
            + WORKER)
        .equals("0");
  }

  private static void increment(int times) {
    for (int i = 0; i < times; i++) {
      running.publish(
          WriteCommand.delta("counters", Map.of("id", increments++ % ROWS), Map.of("n", 1)));
    }
  }

  /** Too long to share a page with many, too short to be stored elsewhere. */
  private static WriteCommand blob(int id) {
    return WriteCommand.upsert("blobs", Map.of("id", id), Map.of("body", "b".repeat(1_900)));
  }

  private static boolean done() throws Exception {
    try (Database db = new Database(sandbox.postgres())) {
      return running.pending(db) == 0;
    }
  }

  private static Path serverLog() {
    return sandbox.postgres().directory().resolve("postgres.log");
  }

  private static String terminateWorker() {
    return "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + WORKER;
  }

  private static void run(String... statements) throws SQLException {
    try (Database db = new Database(sandbox.postgres())) {
      db.run(statements);
    }
  }

  private static String ask(String sql) throws SQLException {
    try (Database db = new Database(sandbox.postgres())) {
      return db.one(sql);
    }
  }

  /** To begin or to end a fault. */
  private interface Step {
    void run() throws Exception;
  }
}
