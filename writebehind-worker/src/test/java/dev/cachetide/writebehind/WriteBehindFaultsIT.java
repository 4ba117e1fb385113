package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.P0;
import static dev.cachetide.writebehind.Worlds.P1;
import static dev.cachetide.writebehind.Worlds.P2;
import static dev.cachetide.writebehind.Worlds.listed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.sandbox.CommitProxy;
import dev.cachetide.sandbox.CommitProxy.Point;
import dev.cachetide.sandbox.CommitProxy.Then;
import dev.cachetide.sandbox.TcpProxy;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.writebehind.Worlds.Log;
import dev.cachetide.writebehind.Worlds.Worker;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One effect per command, whatever fails between worker and Postgres. */
class WriteBehindFaultsIT {

  private static final String WORKER = "application_name = 'cachetide write-behind'";

  @RegisterExtension static final RunningPostgres postgres = new RunningPostgres();

  private final Log log = new Log();
  private Database db;
  private Worker worker;

  /** A table where an effect that comes twice is seen. */
  @BeforeEach
  void createTables() throws Exception {
    db = postgres.database();
    db.run(
        "DROP TABLE IF EXISTS counters",
        "CREATE TABLE counters (id int, n int)",
        "INSERT INTO counters VALUES (1, 0), (2, 0)");
    worker = worker(postgres.jdbcUrl());
    assertThat(worker.assign(P0, P1)).isEqualTo(Outcome.applied());
    log.add(P0, increment(1), increment(2));
  }

  @AfterEach
  void close() throws Exception {
    worker.close();
    db.close();
  }

  @Test
  void a_zombie_changes_nothing() throws Exception {
    try (Worker successor = worker(postgres.jdbcUrl())) {
      assertThat(successor.assign(P0)).isEqualTo(Outcome.applied());
      assertThat(handle(worker)).isInstanceOf(Outcome.Transient.class);
      assertThat(counters()).isEqualTo("0,0");
      assertThat(worker.count("fenced")).isEqualTo(1);
      assertThat(handle(successor)).isEqualTo(Outcome.applied());
      assertThat(counters()).isEqualTo("1,1");
      worker.handler.unassigned(java.util.List.of(P0));
      assertThat(
              db.one(
                  "SELECT epoch, next_offset FROM cachetide.consumer_offset"
                      + " WHERE partition = 0"))
          .isEqualTo("2|2");
    }
  }

  @Test
  void two_that_both_believe_they_own_a_partition_apply_each_command_once() throws Exception {
    try (Worker other = worker(postgres.jdbcUrl())) {
      assertThat(other.assign(P0)).isEqualTo(Outcome.applied());
      for (int round = 1; round <= 5; round++) {
        assertThat(handle(worker)).isInstanceOf(Outcome.Transient.class);
        assertThat(handle(worker)).isEqualTo(Outcome.applied());
        log.add(P0, increment(1), increment(2));
        assertThat(handle(other)).isInstanceOf(Outcome.Transient.class);
        assertThat(handle(other)).isEqualTo(Outcome.applied());
        log.add(P0, increment(1), increment(2));
        assertThat(counters()).isEqualTo(2 * round + "," + 2 * round);
      }
    }
  }

  @Test
  void a_claim_waits_for_the_transaction_of_its_predecessor() throws Exception {
    try (Connection zombie = postgres.connect();
        Statement statement = zombie.createStatement();
        Worker successor = worker(postgres.jdbcUrl())) {
      zombie.setAutoCommit(false);
      statement.execute("UPDATE cachetide.consumer_offset SET next_offset = 1 WHERE partition = 0");
      statement.execute("UPDATE counters SET n = n + 1 WHERE id = 1");
      CompletableFuture<Outcome> claim = async(() -> successor.assign(P0));
      await().until(() -> waits("wait_event_type = 'Lock'"));
      zombie.commit();
      assertThat(claim.join()).isEqualTo(Outcome.applied());
      assertThat(successor.starts).containsEntry(P0, 1L);
      assertThat(handle(successor)).isEqualTo(Outcome.applied());
      assertThat(counters()).isEqualTo("1,1");
    }
  }

  @Test
  void a_commit_whose_answer_is_lost_is_applied_once() throws Exception {
    db.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()");
    CompletableFuture<Outcome> commit = async(() -> handle(worker));
    try {
      // committed locally, waiting for a standby that does not exist
      await().until(() -> waits("wait_event = 'SyncRep'"));
      db.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + WORKER);
      assertThat(commit.join()).isInstanceOf(Outcome.Transient.class);
    } finally {
      db.run("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
    }
    await().until(() -> db.one("SHOW synchronous_standby_names").isEmpty());
    assertThat(counters()).isEqualTo("1,1");
    log.add(P0, increment(1));
    assertThat(handle(worker)).isEqualTo(Outcome.applied());
    assertThat(counters()).isEqualTo("2,1");
    assertThat(worker.count("fenced")).isZero();
  }

  @Test
  void a_connection_that_is_cut_between_commit_and_answer_applies_once() throws Exception {
    try (CommitProxy proxy = CommitProxy.to(postgres.port());
        Worker far = worker(through(proxy))) {
      assertThat(far.assign(P0)).isEqualTo(Outcome.applied());
      proxy.trap(Point.AFTER, 1, Then.CUT, () -> {});
      assertThat(handle(far)).isInstanceOf(Outcome.Transient.class);
      assertThat(counters()).as("committed, and nobody was told").isEqualTo("1,1");
      assertThat(handle(far)).isEqualTo(Outcome.applied());
      assertThat(counters()).isEqualTo("1,1");
      log.add(P0, increment(1));
      assertThat(handle(far)).isEqualTo(Outcome.applied());
      assertThat(counters()).isEqualTo("2,1");
    }
  }

  @Test
  void a_connection_that_is_cut_before_the_commit_arrives_applies_nothing_and_then_once()
      throws Exception {
    try (CommitProxy proxy = CommitProxy.to(postgres.port());
        Worker far = worker(through(proxy))) {
      assertThat(far.assign(P0)).isEqualTo(Outcome.applied());
      proxy.trap(Point.BEFORE, 1, Then.CUT, () -> {});
      assertThat(handle(far)).isInstanceOf(Outcome.Transient.class);
      assertThat(counters()).isEqualTo("0,0");
      assertThat(handle(far)).isEqualTo(Outcome.applied());
      assertThat(counters()).isEqualTo("1,1");
    }
  }

  /** The control: what anybody does who tries again because there was no answer. */
  @Test
  void a_writer_without_the_offset_applies_twice_what_was_cut_between_commit_and_answer()
      throws Exception {
    try (CommitProxy proxy = CommitProxy.to(postgres.port())) {
      proxy.trap(Point.AFTER, 1, Then.CUT, () -> {});
      assertThatThrownBy(() -> incrementPlainly(proxy)).isInstanceOf(SQLException.class);
      incrementPlainly(proxy);
      assertThat(counters()).isEqualTo("2,0");
    }
  }

  private static void incrementPlainly(CommitProxy proxy) throws SQLException {
    try (Connection connection = DriverManager.getConnection(through(proxy), "postgres", "");
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("UPDATE counters SET n = n + 1 WHERE id = 1");
      connection.commit();
    }
  }

  private static String through(CommitProxy proxy) {
    return "jdbc:postgresql://127.0.0.1:" + proxy.port() + "/postgres?sslmode=disable";
  }

  @Test
  void an_added_partition_begins_once_the_older_ones_are_applied() throws Exception {
    log.partitions = 3;
    log.add(P2, increment(2));
    assertThat(worker.assign(P2)).isEqualTo(Outcome.applied());
    assertThat(worker.starts).containsEntry(P2, 0L);
    assertThat(worker.handler.notYet()).containsExactly(P2);
    await().during(Duration.ofMillis(600)).until(this::idleAndWaiting);
    assertThat(worker.handler.handle(log.batch(P0, 0))).isEqualTo(Outcome.applied());
    await().until(() -> !idleAndWaiting());
    assertThat(worker.handler.handle(log.batch(P2, 0))).isEqualTo(Outcome.applied());
    assertThat(counters()).isEqualTo("1,2");
  }

  @Test
  void an_added_partition_still_waits_after_a_restart_and_not_for_what_comes_later()
      throws Exception {
    log.partitions = 3;
    log.add(P2, increment(2));
    assertThat(worker.assign(P2)).isEqualTo(Outcome.applied());
    try (Worker next = worker(postgres.jdbcUrl())) {
      assertThat(next.assign(P0, P1, P2)).isEqualTo(Outcome.applied());
      assertThat(next.handler.notYet()).containsExactly(P2);
      assertThat(next.handler.handle(log.batch(P0, 0))).isEqualTo(Outcome.applied());
      log.add(P0, increment(1));
      await()
          .until(
              () ->
                  next.handler.idle().equals(Outcome.applied()) && next.handler.notYet().isEmpty());
    }
    try (Worker last = worker(postgres.jdbcUrl())) {
      assertThat(last.assign(P2)).isEqualTo(Outcome.applied());
      assertThat(last.handler.notYet()).isEmpty();
    }
  }

  @Test
  void an_added_partition_does_not_wait_for_offsets_without_records() throws Exception {
    log.partitions = 3;
    assertThat(worker.assign(P2)).isEqualTo(Outcome.applied());
    // the rest of the older partition is a transaction's marker
    log.records.get(P0).remove(1);
    log.records.get(P0).remove(0);
    await().until(() -> !idleAndWaiting());
  }

  @Test
  void a_topic_with_all_its_partitions_at_first_sight_makes_none_wait() throws Exception {
    log.partitions = 3;
    log.topicId = "topic-2";
    try (Worker first = worker(postgres.jdbcUrl());
        Worker second = worker(postgres.jdbcUrl())) {
      assertThat(first.assign(P0)).isEqualTo(Outcome.applied());
      assertThat(second.assign(P1, P2)).isEqualTo(Outcome.applied());
      assertThat(second.handler.notYet()).isEmpty();
    }
  }

  private boolean idleAndWaiting() {
    assertThat(worker.handler.idle()).isEqualTo(Outcome.applied());
    return !worker.handler.notYet().isEmpty();
  }

  @Test
  void a_connection_that_is_killed_in_the_middle_applies_nothing_and_then_once() throws Exception {
    try (Connection blocker = postgres.connect();
        Statement statement = blocker.createStatement()) {
      blocker.setAutoCommit(false);
      statement.execute("SELECT FROM counters WHERE id = 2 FOR UPDATE");
      CompletableFuture<Outcome> batch = async(() -> handle(worker));
      await().until(() -> waits("wait_event_type = 'Lock'"));
      db.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + WORKER);
      assertThat(batch.join()).isInstanceOf(Outcome.Transient.class);
    }
    assertThat(counters()).isEqualTo("0,0");
    assertThat(handle(worker)).isEqualTo(Outcome.applied());
    assertThat(counters()).isEqualTo("1,1");
    assertThat(worker.count("retries")).isEqualTo(1);
  }

  @Test
  void a_deadlock_is_tried_again() throws Exception {
    log.add(P1, increment(1));
    try (Connection other = postgres.connect();
        Statement statement = other.createStatement()) {
      statement.execute("SET deadlock_timeout = '1min'");
      other.setAutoCommit(false);
      statement.execute("UPDATE counters SET n = n + 10 WHERE id = 2");
      log.records.get(P0).clear();
      // two waves, hence two statements: the lock on row 1 is held while row 2 is waited for
      log.add(P0, update(1, 5), WriteCommand.delete("counters", Map.of("id", 2)));
      CompletableFuture<Outcome> batch = async(() -> handle(worker));
      await().pollInterval(Duration.ofMillis(20)).until(() -> waits("wait_event_type = 'Lock'"));
      statement.execute("UPDATE counters SET n = n + 10 WHERE id = 1");
      other.commit();
      assertThat(batch.join())
          .isInstanceOfSatisfying(
              Outcome.Transient.class,
              failure ->
                  assertThat(((java.sql.SQLException) failure.cause()).getSQLState())
                      .isEqualTo("40P01"));
    }
    assertThat(handle(worker)).isEqualTo(Outcome.applied());
    assertThat(db.rows("SELECT id, n FROM counters")).containsExactly("1|6");
  }

  @Test
  void a_read_only_server_is_waited_for() throws Exception {
    db.run("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()");
    try {
      await().until(() -> db.one("SHOW default_transaction_read_only").equals("on"));
      await().until(() -> handle(worker) instanceof Outcome.Transient);
    } finally {
      db.run("SET default_transaction_read_only = off");
      db.run("ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()");
    }
    await().until(() -> handle(worker) instanceof Outcome.Applied);
    assertThat(deadLetters()).isEqualTo("0");
  }

  @Test
  void a_missing_privilege_is_waited_for() throws Exception {
    db.run(
        "DROP ROLE IF EXISTS clerk",
        "CREATE ROLE clerk",
        "GRANT ALL ON SCHEMA cachetide TO clerk",
        "GRANT ALL ON ALL TABLES IN SCHEMA cachetide TO clerk",
        "ALTER ROLE postgres SET role = 'clerk'");
    try (Worker clerk = worker(postgres.jdbcUrl())) {
      assertThat(clerk.assign(P0)).isEqualTo(Outcome.applied());
      assertThat(handle(clerk)).isInstanceOf(Outcome.Transient.class);
      db.run("GRANT ALL ON counters TO clerk");
      assertThat(handle(clerk)).isEqualTo(Outcome.applied());
    } finally {
      db.run("ALTER ROLE postgres RESET role", "DROP OWNED BY clerk", "DROP ROLE clerk");
    }
    assertThat(counters()).isEqualTo("1,1");
  }

  @Test
  void a_server_that_is_away_is_waited_for() throws Exception {
    try (TcpProxy proxy = TcpProxy.to(postgres.port());
        Worker far = worker("jdbc:postgresql://127.0.0.1:" + proxy.port() + "/postgres")) {
      proxy.cut();
      assertThat(far.assign(P0)).isInstanceOf(Outcome.Transient.class);
      proxy.restore();
      assertThat(far.assign(P0)).isEqualTo(Outcome.applied());
      proxy.cut();
      assertThat(handle(far)).isInstanceOf(Outcome.Transient.class);
      proxy.restore();
      assertThat(handle(far)).isEqualTo(Outcome.applied());
      assertThat(counters()).isEqualTo("1,1");
    }
  }

  @Test
  void a_batch_that_fails_in_one_partition_is_not_repeated_in_the_others() throws Exception {
    log.add(P1, increment(2));
    try (Worker successor = worker(postgres.jdbcUrl())) {
      assertThat(successor.assign(P0)).isEqualTo(Outcome.applied());
      assertThat(handle(worker)).isInstanceOf(Outcome.Transient.class);
      assertThat(counters()).isEqualTo("0,1");
      assertThat(handle(worker)).isEqualTo(Outcome.applied());
      assertThat(counters()).isEqualTo("1,2");
    }
  }

  @Test
  void offsets_without_records_are_stepped_over() throws Exception {
    assertThat(handle(worker)).isEqualTo(Outcome.applied());
    log.add(P0, increment(1), increment(1), increment(1));
    // the records in between were markers of a transaction
    assertThat(worker.handler.handle(log.batch(P0, 4))).isEqualTo(Outcome.applied());
    assertThat(counters()).isEqualTo("2,1");
  }

  @Test
  void a_restart_begins_where_postgres_says() throws Exception {
    assertThat(handle(worker)).isEqualTo(Outcome.applied());
    try (Worker next = worker(postgres.jdbcUrl())) {
      assertThat(next.assign(P0, P1)).isEqualTo(Outcome.applied());
      assertThat(next.starts).containsEntry(P0, 2L).containsEntry(P1, 0L);
    }
  }

  @Test
  void a_topic_made_anew_is_read_from_its_start_and_keeps_the_old_dead_letters() throws Exception {
    log.add(P0, "nonsense");
    assertThat(handle(worker)).isEqualTo(Outcome.applied());
    log.records.clear();
    log.topicId = "topic-2";
    log.add(P0, increment(1));
    log.add(P0, increment(1));
    log.add(P0, "nonsense");
    try (Worker next = worker(postgres.jdbcUrl())) {
      assertThat(next.assign(P0)).isEqualTo(Outcome.applied());
      assertThat(next.starts).containsEntry(P0, 0L);
      assertThat(next.count("offsets.void")).isEqualTo(1);
      assertThat(handle(next)).isEqualTo(Outcome.applied());
    }
    assertThat(counters()).isEqualTo("3,1");
    assertThat(db.rows("SELECT topic, record_offset FROM cachetide.dead_letter ORDER BY id"))
        .containsExactly("test.writes@topic-1|2", "test.writes|2");
  }

  @Test
  void accepted_writes_that_retention_removed_end_the_worker() throws Exception {
    assertThat(handle(worker)).isEqualTo(Outcome.applied());
    log.start = 10;
    try (Worker next = worker(postgres.jdbcUrl())) {
      assertThat(next.assign(P0))
          .isInstanceOfSatisfying(
              Outcome.Fatal.class,
              fatal -> assertThat(fatal.what()).contains("from offset 2 to 9", "retention"));
    }
  }

  @Test
  void a_database_that_has_gone_back_in_time_ends_the_worker() throws Exception {
    assertThat(handle(worker)).isEqualTo(Outcome.applied());
    db.run("UPDATE cachetide.consumer_offset SET next_offset = 1 WHERE partition = 0");
    log.add(P0, increment(1));
    assertThat(handle(worker)).isInstanceOf(Outcome.Fatal.class);
  }

  private Worker worker(String url) {
    return new Worker(url, log, listed("counters", "id"));
  }

  private Outcome handle(Worker handling) {
    return handling.handler.handle(log.batch());
  }

  private boolean waits(String condition) throws Exception {
    return !db.rows("SELECT 1 FROM pg_stat_activity WHERE " + WORKER + " AND " + condition)
        .isEmpty();
  }

  private String counters() throws Exception {
    return db.one("SELECT string_agg(n::text, ',' ORDER BY id) FROM counters");
  }

  private String deadLetters() throws Exception {
    return db.one("SELECT count(*) FROM cachetide.dead_letter");
  }

  private static CompletableFuture<Outcome> async(Supplier<Outcome> step) {
    return CompletableFuture.supplyAsync(step, task -> new Thread(task, "worker").start());
  }

  private static WriteCommand increment(int id) {
    return WriteCommand.delta("counters", Map.of("id", id), Map.of("n", 1));
  }

  private static WriteCommand update(int id, int n) {
    return WriteCommand.update("counters", Map.of("id", id), Map.of("n", n));
  }
}
