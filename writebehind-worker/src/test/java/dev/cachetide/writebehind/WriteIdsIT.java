package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.P0;
import static dev.cachetide.writebehind.Worlds.P1;
import static dev.cachetide.writebehind.Worlds.listed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.settings.Defaults;
import dev.cachetide.runtime.settings.WriteTableSettings.Conflicts;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.writebehind.Worlds.Log;
import dev.cachetide.writebehind.Worlds.Worker;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two commands of one name have one effect, on a real Postgres. */
class WriteIdsIT {

  @RegisterExtension static final RunningPostgres postgres = new RunningPostgres();

  private final Log log = new Log();
  private Database db;
  private Worker worker;

  @BeforeEach
  void createTables() throws Exception {
    db = postgres.database();
    db.run(
        "DROP TABLE IF EXISTS counters, accounts",
        "CREATE TABLE counters (id int PRIMARY KEY, n int NOT NULL CHECK (n < 100))",
        "INSERT INTO counters VALUES (1, 0)",
        "CREATE TABLE accounts (id int PRIMARY KEY, n int, version int NOT NULL)",
        "INSERT INTO accounts VALUES (1, 0, 1)");
    worker = worker();
  }

  @AfterEach
  void close() throws Exception {
    worker.close();
    db.close();
  }

  @Test
  void a_repetition_has_no_second_effect_in_one_batch_or_in_the_next() throws Exception {
    apply(P0, add(1).withId("a"), add(1).withId("b"), add(1).withId("a"), add(1), add(1));
    assertThat(n()).isEqualTo("4");
    apply(P0, add(1).withId("b"), add(1).withId("c"), add(1).withId("a"));
    assertThat(n()).isEqualTo("5");
    apply(P1, add(1).withId("c"));
    assertThat(n()).isEqualTo("5");
    assertThat(worker.count("duplicates")).isEqualTo(4);
    assertThat(db.rows("SELECT id, partition, record_offset FROM cachetide.write_id ORDER BY id"))
        .containsExactly("a|0|0", "b|0|1", "c|0|6");
    assertThat(db.one("SELECT next_offset FROM cachetide.consumer_offset WHERE partition = 0"))
        .isEqualTo("8");
  }

  @Test
  void a_write_that_was_refused_may_be_tried_again_under_its_name() throws Exception {
    WriteCommand absent = WriteCommand.delta("counters", Map.of("id", 2), Map.of("n", 1));
    WriteCommand insert = WriteCommand.insert("counters", Map.of("id", 2), Map.of("n", 10));
    apply(
        P0,
        absent.withId("a"),
        add(1000).withId("b"),
        absent.withId("a"),
        insert,
        absent.withId("a"),
        absent.withId("a"));
    assertThat(db.one("SELECT n FROM counters WHERE id = 2")).isEqualTo("11");
    assertThat(n()).isEqualTo("0");
    assertThat(db.rows("SELECT record_offset FROM cachetide.dead_letter ORDER BY 1"))
        .containsExactly("0", "1", "2");
    assertThat(db.rows("SELECT id FROM cachetide.write_id")).containsExactly("a");
    apply(P0, add(7).withId("b"));
    assertThat(n()).isEqualTo("7");
    assertThat(worker.count("duplicates")).isEqualTo(1);
  }

  @Test
  void a_write_that_lost_a_conflict_may_be_tried_again_under_its_name() throws Exception {
    apply(
        P0,
        WriteCommand.update("accounts", Map.of("id", 1), Map.of("n", 5)).withBase(7).withId("a"),
        WriteCommand.update("accounts", Map.of("id", 1), Map.of("n", 5)).withBase(1).withId("a"),
        WriteCommand.update("accounts", Map.of("id", 1), Map.of("n", 6)).withBase(2).withId("a"));
    assertThat(db.one("SELECT n, version FROM accounts")).isEqualTo("5|2");
    assertThat(db.rows("SELECT record_offset FROM cachetide.conflict")).containsExactly("0");
  }

  @Test
  void another_worker_knows_the_names_as_well() throws Exception {
    apply(P0, add(1).withId("a"));
    worker.close();
    worker = worker();
    apply(P0, add(1).withId("a"), add(1).withId("b"));
    assertThat(n()).isEqualTo("2");
  }

  @Test
  void a_name_that_another_transaction_is_using_is_waited_for() throws Exception {
    for (boolean commits : new boolean[] {true, false}) {
      String before = n();
      try (Connection other = postgres.connect()) {
        other.setAutoCommit(false);
        try (var statement = other.createStatement()) {
          statement.execute(
              "INSERT INTO cachetide.write_id (\"group\", id, topic, partition, record_offset)"
                  + " VALUES ('test', 'w"
                  + commits
                  + "', 't', 5, 5)");
        }
        CompletableFuture<Void> applied =
            CompletableFuture.runAsync(() -> apply(P0, add(1).withId("w" + commits)));
        await().until(() -> !db.one("SELECT count(*) FROM pg_locks WHERE NOT granted").equals("0"));
        assertThat(applied).isNotDone();
        if (commits) {
          other.commit();
        } else {
          other.rollback();
        }
        applied.join();
      }
      assertThat(Integer.parseInt(n()) - Integer.parseInt(before)).isEqualTo(commits ? 0 : 1);
    }
  }

  @Test
  void names_are_forgotten_after_the_window_and_some_at_a_time() throws Exception {
    apply(P0, add(1).withId("old"), add(1).withId("young"));
    db.run(
        "UPDATE cachetide.write_id SET applied_at = now() - interval '25 hours' WHERE id = 'old'",
        "INSERT INTO cachetide.write_id SELECT 'test', 'x' || i, 't', 0, i,"
            + " now() - interval '2 days' FROM generate_series(1, 10000) AS i",
        "INSERT INTO cachetide.write_id VALUES ('other', 'x', 't', 0, 0, now() - interval '9"
            + " days')",
        "INSERT INTO cachetide.receipt (\"group\", topic, partition, first_offset, next_offset,"
            + " topic_id, xid, committed_at) VALUES ('test', 't', 0, 0, 1, 'i', 1,"
            + " now() - interval '8 days'), ('test', 't', 0, 1, 2, 'i', 1, now())");
    AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
    Expiry expiry = new Expiry("test", Defaults.WRITE_BEHIND, clock::get);
    try (Connection connection = postgres.connect()) {
      connection.setAutoCommit(false);
      assertThat(expiry.isDue()).isTrue();
      assertThat(expiry.run(connection)).isEqualTo(Expiry.CHUNK + 1);
      assertThat(expiry.isDue()).isTrue();
      assertThat(expiry.run(connection)).isEqualTo(1);
      assertThat(expiry.isDue()).isFalse();
      clock.addAndGet(Duration.ofSeconds(11).toNanos());
      assertThat(expiry.isDue()).isTrue();
    }
    assertThat(db.rows("SELECT \"group\", id FROM cachetide.write_id ORDER BY id"))
        .containsExactly("other|x", "test|young");
    assertThat(db.rows("SELECT next_offset FROM cachetide.receipt WHERE topic = 't'"))
        .containsExactly("2");
    apply(P0, add(1).withId("old"), add(1).withId("young"));
    assertThat(n()).isEqualTo("3");
  }

  @Test
  void a_worker_removes_old_names_by_itself() throws Exception {
    db.run(
        "INSERT INTO cachetide.write_id VALUES ('test', 'x', 't', 0, 0, now() - interval '2"
            + " days')");
    assertThat(worker.handler.idle()).isEqualTo(Outcome.applied());
    assertThat(db.rows("SELECT id FROM cachetide.write_id")).isEmpty();
  }

  private Worker worker() {
    Worker created =
        new Worker(
            postgres.jdbcUrl(),
            log,
            listed("counters", "id"),
            listed(Conflicts.OPTIMISTIC, "version", "accounts", "id"));
    assertThat(created.assign(P0, P1)).isEqualTo(Outcome.applied());
    return created;
  }

  private void apply(TopicPartition partition, WriteCommand... commands) {
    int from = log.size(partition);
    log.add(partition, commands);
    worker.apply(log, partition, from);
  }

  private String n() throws Exception {
    return db.one("SELECT n FROM counters WHERE id = 1");
  }

  private static WriteCommand add(int amount) {
    return WriteCommand.delta("counters", Map.of("id", 1), Map.of("n", amount));
  }
}
