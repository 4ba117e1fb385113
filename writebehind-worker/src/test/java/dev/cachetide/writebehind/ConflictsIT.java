package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.P0;
import static dev.cachetide.writebehind.Worlds.P1;
import static dev.cachetide.writebehind.Worlds.listed;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.settings.WriteTableSettings.Conflicts;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.writebehind.Worlds.Log;
import dev.cachetide.writebehind.Worlds.Worker;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Inserts, and tables whose rows others change too, on a real Postgres. */
class ConflictsIT {

  private static final String CONFLICTS =
      "SELECT record_offset, table_name, found, state FROM cachetide.conflict"
          + " ORDER BY partition, record_offset";

  @RegisterExtension static final RunningPostgres postgres = new RunningPostgres();

  private final Log log = new Log();
  private Database db;
  private Worker worker;

  @BeforeEach
  void createTables() throws Exception {
    db = postgres.database();
    db.run(
        "DROP TABLE IF EXISTS users, loose, accounts, single, pages, notes, tally CASCADE",
        "CREATE TABLE users (id bigint PRIMARY KEY, email text UNIQUE, name text DEFAULT 'new')",
        "CREATE TABLE loose (id int, n int)",
        "CREATE TABLE accounts (id int PRIMARY KEY, n int, version int NOT NULL DEFAULT 1)",
        "CREATE TABLE single (id int PRIMARY KEY, n int, version int NOT NULL DEFAULT 1)",
        "CREATE TABLE pages (id int PRIMARY KEY, body text, touched timestamptz NOT NULL)",
        "CREATE TABLE notes (id int PRIMARY KEY, a text, b text)",
        "CREATE TABLE tally (id int PRIMARY KEY, n int)");
    worker =
        new Worker(
            postgres.jdbcUrl(),
            log,
            listed("users", "id"),
            listed("loose", "id"),
            listed(Conflicts.OPTIMISTIC, "version", "accounts", "id"),
            listed(Conflicts.OPTIMISTIC, "version", "single", "id"),
            listed(Conflicts.OPTIMISTIC, "touched", "pages", "id"),
            listed(Conflicts.COLUMNS, null, "notes", "id"),
            listed(Conflicts.DELTA, null, "tally", "id"));
    assertThat(worker.assign(P0, P1)).isEqualTo(Outcome.applied());
  }

  @AfterEach
  void close() throws Exception {
    worker.close();
    db.close();
  }

  @Test
  void an_insert_is_refused_where_the_row_exists_and_changes_nothing() throws Exception {
    db.run("INSERT INTO users VALUES (1, 'a@b', 'Ada')", "INSERT INTO loose VALUES (1, 1)");
    apply(
        insert("users", 1, Map.of("name", "Eve")),
        insert("users", 2, Map.of("email", "g@h")),
        insert("users", 2, Map.of("email", "other")),
        update("users", 2, Map.of("email", "changed")),
        insert("users", 3, Map.of("email", "a@b")),
        insert("loose", 1, Map.of("n", 7)),
        insert("loose", 2, Map.of("n", 7)));
    assertThat(db.rows("SELECT * FROM users ORDER BY id"))
        .containsExactly("1|a@b|Ada", "2|changed|new");
    assertThat(db.rows("SELECT * FROM loose ORDER BY id")).containsExactly("1|1", "2|7");
    assertThat(deadLetters())
        .containsExactly(
            "0|row exists already|23505",
            "2|row exists already|23505",
            "4|constraint users_email_key: duplicate key value violates unique constraint"
                + " \"users_email_key\"|23505",
            "5|row exists already|23505");
  }

  @Test
  void a_row_that_is_deleted_can_be_inserted_again_in_the_same_batch() throws Exception {
    db.run("INSERT INTO users VALUES (1, 'a@b', 'Ada')");
    apply(
        WriteCommand.delete("users", Map.of("id", 1)),
        insert("users", 1, Map.of("email", "x")),
        WriteCommand.delete("users", Map.of("id", 1)),
        insert("users", 1, Map.of("email", "y")));
    assertThat(db.rows("SELECT * FROM users")).containsExactly("1|y|new");
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void who_has_seen_the_row_as_it_is_wins_and_raises_its_version() throws Exception {
    apply(
        insert("accounts", 1, Map.of("n", 10)),
        WriteCommand.delta("accounts", Map.of("id", 1), Map.of("n", 5)).withBase(1),
        update("accounts", 1, Map.of("n", 99)).withBase(1),
        upsert("accounts", 1, Map.of("n", 20)).withBase(2),
        upsert("accounts", 2, Map.of("n", 1)).withBase(1),
        WriteCommand.delete("accounts", Map.of("id", 1)).withBase("2"),
        update("accounts", 1, Map.of("version", 40)).withBase(3));
    assertThat(db.rows("SELECT * FROM accounts")).containsExactly("1|20|40");
    assertThat(db.rows(CONFLICTS))
        .containsExactly(
            "2|public.accounts|2|parked",
            "4|public.accounts|null|parked",
            "5|public.accounts|3|parked");
    assertThat(deadLetters()).isEmpty();
    assertThat(worker.count("conflicts")).isEqualTo(3);
    assertThat(worker.count("parked")).isZero();
  }

  @Test
  void a_change_from_outside_makes_the_write_lose() throws Exception {
    apply(insert("accounts", 1, Map.of("n", 10)), insert("accounts", 2, Map.of("n", 10)));
    db.run("UPDATE accounts SET n = 11, version = version + 1 WHERE id = 1");
    apply(
        update("accounts", 1, Map.of("n", 20)).withBase(1),
        update("accounts", 2, Map.of("n", 20)).withBase(1),
        WriteCommand.delete("accounts", Map.of("id", 2)).withBase(2));
    assertThat(db.rows("SELECT * FROM accounts")).containsExactly("1|11|2");
    assertThat(db.rows(CONFLICTS)).containsExactly("2|public.accounts|2|parked");
  }

  @Test
  void a_change_that_is_not_committed_yet_is_waited_for() throws Exception {
    apply(insert("accounts", 1, Map.of("n", 10)));
    try (Connection other = postgres.connect()) {
      other.setAutoCommit(false);
      try (var statement = other.createStatement()) {
        statement.execute("UPDATE accounts SET n = 11, version = 2");
      }
      CompletableFuture<Void> applied =
          CompletableFuture.runAsync(
              () -> apply(update("accounts", 1, Map.of("n", 20)).withBase(1)));
      await().until(() -> !db.one("SELECT count(*) FROM pg_locks WHERE NOT granted").equals("0"));
      assertThat(applied).isNotDone();
      other.commit();
      applied.join();
    }
    assertThat(db.rows("SELECT * FROM accounts")).containsExactly("1|11|2");
    assertThat(db.rows(CONFLICTS)).containsExactly("1|public.accounts|2|parked");
  }

  @Test
  void what_a_loser_and_a_repetition_show_is_withdrawn() throws Exception {
    log.addShown(P0, "a:1", insert("accounts", 1, Map.of("n", 10)));
    log.addShown(P0, "a:2", update("accounts", 1, Map.of("n", 20)).withBase(1).withId("x"));
    log.addShown(P0, "a:3", update("accounts", 1, Map.of("n", 30)).withBase(1));
    log.addShown(P0, "a:4", update("accounts", 1, Map.of("n", 20)).withBase(1).withId("x"));
    log.addShown(P0, "a:5", update("accounts", 1, Map.of("n", 50)));
    worker.apply(log, P0, 0);
    assertThat(db.rows("SELECT * FROM accounts")).containsExactly("1|20|2");
    assertThat(
            db.rows(
                "SELECT r->>'offset', r->>'outcome' FROM cachetide.receipt,"
                    + " jsonb_array_elements(rejected) AS r ORDER BY 1"))
        .containsExactly("2|conflict", "4|rejected");
    assertThat(db.rows("SELECT unnest(withdrawn) FROM cachetide.receipt ORDER BY 1"))
        .containsExactly("a:3", "a:4", "a:5");
  }

  @Test
  void a_batch_of_optimistic_writes_is_what_they_are_one_by_one() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      int id = random.nextInt(4);
      log.add(P0, guarded(random.nextInt(), "accounts", id, random.nextInt(6)));
      if (random.nextInt(20) == 0) {
        log.add(P0, "{'v':1,'op':'delete','table':'accounts','key':{'id':1}}");
      }
    }
    log.records
        .get(P0)
        .forEach(
            r ->
                log.add(
                    P1,
                    r.key(),
                    new String(r.value(), UTF_8).replace("accounts", "single").getBytes(UTF_8)));
    worker.apply(log, P0, 0);
    for (int i = 0; i < log.size(P1); i++) {
      one(P1, i);
    }
    assertThat(db.rows("SELECT * FROM accounts ORDER BY id"))
        .as("seed %d", seed)
        .isEqualTo(db.rows("SELECT * FROM single ORDER BY id"));
    String outcomes =
        "SELECT record_offset, found FROM cachetide.conflict WHERE partition = %d UNION ALL"
            + " SELECT record_offset, reason FROM cachetide.dead_letter WHERE partition = %d"
            + " ORDER BY 1";
    assertThat(db.rows(outcomes.formatted(0, 0)))
        .as("seed %d", seed)
        .isEqualTo(db.rows(outcomes.formatted(1, 1)))
        .hasSizeGreaterThan(10);
  }

  @Test
  void a_version_of_any_type_is_compared_as_that_type_and_must_change() throws Exception {
    apply(insert("pages", 1, Map.of("touched", "2024-01-01T00:00:00Z")));
    apply(
        update("pages", 1, Map.of("body", "a", "touched", "2024-01-02T00:00:00Z"))
            .withBase("2024-01-01 01:00:00+01"),
        update("pages", 1, Map.of("body", "b")).withBase("2024-01-02T00:00:00Z"),
        update("pages", 1, Map.of("body", "c")).withBase("2024-01-01T00:00:00Z"),
        update("pages", 1, Map.of("body", "d")).withBase("yesterday, or so"));
    assertThat(db.rows("SELECT id, body, touched AT TIME ZONE 'UTC' FROM pages"))
        .containsExactly("1|a|2024-01-02 00:00:00");
    assertThat(db.rows(CONFLICTS)).hasSize(1).first().asString().startsWith("3|public.pages|2024");
    assertThat(deadLetters())
        .hasSize(2)
        .satisfies(
            rows -> {
              assertThat(rows.get(0)).startsWith("2|the version column was not raised");
              assertThat(rows.get(1)).startsWith("4|").endsWith("|22007");
            });
  }

  @Test
  void a_trigger_that_swallows_a_guarded_write_is_no_conflict() throws Exception {
    db.run(
        "CREATE OR REPLACE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS"
            + " 'BEGIN RETURN NULL; END'",
        "INSERT INTO accounts VALUES (1, 1, 1)",
        "CREATE TRIGGER swallow BEFORE UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION swallow()");
    apply(update("accounts", 1, Map.of("n", 2)).withBase(1));
    assertThat(db.rows(CONFLICTS)).isEmpty();
    assertThat(deadLetters())
        .containsExactly("0|a trigger or rule of the table suppressed the write|null");
  }

  @Test
  void the_other_policies_refuse_what_would_overwrite_what_others_wrote() throws Exception {
    apply(
        upsert("notes", 1, Map.of("a", "x")),
        insert("notes", 1, Map.of("a", "x", "b", "y")),
        update("notes", 1, Map.of("b", "z")),
        insert("tally", 1, Map.of("n", 1)),
        upsert("tally", 1, Map.of("n", 7)),
        update("tally", 1, Map.of("n", 7)),
        WriteCommand.delta("tally", Map.of("id", 1), Map.of("n", 1)),
        update("notes", 1, Map.of("b", "?")).withBase(1),
        update("accounts", 1, Map.of("n", 1)));
    assertThat(db.rows("SELECT * FROM notes")).containsExactly("1|x|z");
    assertThat(db.rows("SELECT * FROM tally")).containsExactly("1|2");
    assertThat(deadLetters())
        .extracting(row -> row.substring(0, 1))
        .containsExactly("0", "4", "5", "7", "8");
  }

  @Test
  void a_version_column_that_is_not_there_is_fatal() {
    try (Worker wrong =
        new Worker(postgres.jdbcUrl(), log, listed(Conflicts.OPTIMISTIC, "rev", "tally", "id"))) {
      assertThat(wrong.assign(P0))
          .isInstanceOfSatisfying(
              Outcome.Fatal.class, fatal -> assertThat(fatal.what()).contains("no column 'rev'"));
    }
  }

  private static WriteCommand guarded(int kind, String table, int id, int base) {
    Map<String, Integer> key = Map.of("id", id);
    return switch (Math.floorMod(kind, 6)) {
      case 0 -> WriteCommand.insert(table, key, Map.of("n", base));
      case 1 -> WriteCommand.delete(table, key).withBase(base);
      case 2 -> WriteCommand.update(table, key, Map.of("version", base / 2)).withBase(base);
      case 3 -> WriteCommand.upsert(table, key, Map.of()).withBase(base);
      default -> WriteCommand.delta(table, key, Map.of("n", 1)).withBase(base);
    };
  }

  private void one(TopicPartition partition, int offset) {
    var record = log.records.get(partition).get(offset);
    assertThat(
            worker.handler.handle(
                new ConsumerRecords<>(Map.of(partition, List.of(record)), Map.of())))
        .isEqualTo(Outcome.applied());
  }

  private void apply(WriteCommand... commands) {
    int from = log.size(P0);
    log.add(P0, commands);
    worker.apply(log, P0, from);
  }

  private List<String> deadLetters() throws Exception {
    return db.rows(
        "SELECT record_offset, reason, sqlstate FROM cachetide.dead_letter"
            + " WHERE partition = 0 ORDER BY record_offset");
  }

  private static WriteCommand insert(String table, int id, Map<String, ?> set) {
    return WriteCommand.insert(table, Map.of("id", id), set);
  }

  private static WriteCommand.Update update(String table, int id, Map<String, ?> set) {
    return WriteCommand.update(table, Map.of("id", id), set);
  }

  private static WriteCommand.Upsert upsert(String table, int id, Map<String, ?> set) {
    return WriteCommand.upsert(table, Map.of("id", id), set);
  }
}
