package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.P0;
import static dev.cachetide.writebehind.Worlds.listed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.settings.Defaults;
import dev.cachetide.runtime.settings.WriteBehindSettings.BatchSettings;
import dev.cachetide.wire.TableName;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.writebehind.BatchPlan.Command;
import dev.cachetide.writebehind.BatchPlan.Decoded;
import dev.cachetide.writebehind.Worlds.Log;
import dev.cachetide.writebehind.Worlds.Worker;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is found out ahead spares questions, and is never taken for the truth. */
class LookAheadIT {

  private static final int TRANSACTION = 64;
  private static final String AHEAD = "application_name = 'cachetide write-behind-ahead'";

  @RegisterExtension static final RunningPostgres postgres = new RunningPostgres();

  private Database db;

  @BeforeEach
  void connect() throws Exception {
    db = postgres.database();
    Poison.createTables(db);
  }

  @AfterEach
  void close() throws Exception {
    db.close();
  }

  @Test
  void doubts_are_about_what_values_tell_and_what_postgres_says() throws Exception {
    Log log = new Log();
    upsert(log, 1, Map.of());
    upsert(log, 2, Map.of("n", "many"));
    upsert(log, 3, Map.of("n", -1));
    upsert(log, 4, Map.of("parent", 100));
    upsert(log, 5, Map.of("code", "taken0"));
    log.add(P0, "no command");
    log.add(P0, WriteCommand.update("rows", Map.of("id", 7), Map.of("n", 1)));
    Set<Suspicion> expected =
        EnumSet.of(Suspicion.CHECK, Suspicion.PARENT, Suspicion.PRESENCE, Suspicion.OTHERS);
    List<Decoded> seen = look(log, expected);
    assertThat(found(seen, 0)).isEmpty();
    assertThat(found(seen, 1)).containsExactly(Suspicion.VALUE);
    assertThat(found(seen, 2)).containsExactly(Suspicion.CHECK);
    assertThat(found(seen, 3)).containsExactly(Suspicion.PARENT);
    assertThat(found(seen, 4)).containsExactly(Suspicion.OTHERS);
    assertThat(seen.get(5)).isInstanceOf(BatchPlan.Malformed.class);
    assertThat(found(seen, 6)).containsExactly(Suspicion.PRESENCE);
    assertThat(doubts(seen, 0).leaves(Suspicion.PARENT)).isFalse();
    assertThat(doubts(seen, 1).leaves(Suspicion.PARENT)).as("not asked about").isTrue();
    assertThat(doubts(look(log, Set.of(Suspicion.CHECK)), 0).leaves(Suspicion.PARENT))
        .as("not asked for")
        .isTrue();
  }

  /** A value that Postgres cannot read keeps the others from being asked about, and no more. */
  @Test
  void a_question_that_is_refused_leaves_all_to_the_transaction() throws Exception {
    db.run("ALTER TABLE rows ADD span interval CHECK (span > interval '0')");
    Log log = new Log();
    upsert(log, 1, Map.of("span", "never"));
    upsert(log, 2, Map.of("parent", 100));
    List<Decoded> seen = look(log, EnumSet.of(Suspicion.CHECK, Suspicion.PARENT));
    assertThat(doubts(seen, 1).leaves(Suspicion.CHECK)).isTrue();
    assertThat(found(seen, 1)).containsExactly(Suspicion.PARENT);
  }

  /**
   * All of a poll is looked at before its first transaction. There the code is taken, and given up
   * by that transaction: so the first command of a later one that wants it has it, and only the
   * next one is refused, although that one, which looks like what a trigger has refused, is tried
   * in its place.
   */
  @Test
  void a_value_that_was_taken_when_it_was_looked_at_is_asked_for_again() throws Exception {
    db.run(
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            + " $$ BEGIN IF new.name = 'Sunday 13' THEN RAISE EXCEPTION 'not on a Sunday';"
            + " END IF; RETURN new; END $$");
    Log log = new Log();
    upsert(log, 0, Map.of("code", "taken0"));
    upsert(log, 1, Map.of("name", "Sunday 13"));
    fill(log, 2, TRANSACTION);
    log.add(P0, WriteCommand.update("rows", Map.of("id", -2), Map.of("code", "given up")));
    fill(log, TRANSACTION + 1, 2 * TRANSACTION);
    upsert(log, 1_001, Map.of("code", "taken1"));
    upsert(log, 1_002, Map.of("code", "taken1", "name", "Sunday 14"));
    fill(log, 2 * TRANSACTION + 2, 3 * TRANSACTION);
    try (Worker worker = worker(log)) {
      assertThat(sessions()).as("sessions that ask").isZero();
      apply(worker, log, 0, TRANSACTION);
      apply(worker, log, TRANSACTION, 3 * TRANSACTION);
      assertThat(sessions()).as("sessions that ask, since something was refused").isOne();
    }
    assertThat(db.rows("SELECT id FROM rows WHERE code = 'taken1'")).containsExactly("1001");
    assertThat(refused()).containsExactly("0|23505", "1|P0001", (2 * TRANSACTION + 1) + "|23505");
  }

  /** The parent is there when it is looked at, and gone when it counts; and the other way round. */
  @Test
  void parents_that_come_and_go_in_between_are_found_out() throws Exception {
    Log log = new Log();
    upsert(log, 0, Map.of("parent", 100));
    fill(log, 1, TRANSACTION);
    log.add(P0, WriteCommand.delete("parents", Map.of("id", 9)));
    log.add(P0, WriteCommand.upsert("parents", Map.of("id", 200), Map.of()));
    fill(log, TRANSACTION + 2, 2 * TRANSACTION);
    upsert(log, 1_001, Map.of("parent", 9));
    upsert(log, 1_002, Map.of("parent", 200));
    fill(log, 2 * TRANSACTION + 2, 3 * TRANSACTION);
    try (Worker worker = worker(log)) {
      apply(worker, log, 0, TRANSACTION);
      apply(worker, log, TRANSACTION, 3 * TRANSACTION);
    }
    assertThat(refused()).containsExactly("0|23503", (2 * TRANSACTION) + "|23503");
    assertThat(db.one("SELECT parent FROM rows WHERE id = 1002")).isEqualTo("200");
  }

  @Test
  void without_an_answer_the_transactions_ask_for_themselves() throws Exception {
    Log log = new Log();
    for (int i = 0; i < 3; i++) {
      upsert(log, i * TRANSACTION, Map.of("code", "taken" + i));
      fill(log, i * TRANSACTION + 1, (i + 1) * TRANSACTION);
    }
    try (Worker worker = worker(log)) {
      apply(worker, log, 0, TRANSACTION);
      apply(worker, log, TRANSACTION, 2 * TRANSACTION);
      db.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + AHEAD);
      apply(worker, log, 2 * TRANSACTION, 3 * TRANSACTION);
      assertThat(sessions()).as("sessions that ask, after one was lost").isZero();
    }
    assertThat(refused())
        .containsExactly("0|23505", TRANSACTION + "|23505", (2 * TRANSACTION) + "|23505");
  }

  private List<Decoded> look(Log log, Set<Suspicion> constraints) throws Exception {
    WriteCatalog catalog =
        new WriteCatalogQuery(List.of(listed("rows", "id")))
            .load(db.connection())
            .catalog(List.of(listed("rows", "id")));
    Expectations expected =
        new Expectations(
            true, Map.of(new TableName("public", "rows"), constraints), Set.of(), new Learned());
    try (LookAhead ahead =
        new LookAhead(
            PostgresSession.ofQuestions(Worlds.postgres(postgres.jdbcUrl())), () -> expected)) {
      return ahead.at(BatchPlan.decode(log.records.get(P0), catalog)).get();
    }
  }

  private static Doubts doubts(List<Decoded> seen, int index) {
    return ((Command) seen.get(index)).doubts();
  }

  private static Set<Suspicion> found(List<Decoded> seen, int index) {
    return doubts(seen, index).found();
  }

  private static Worker worker(Log log) {
    BatchSettings usual = Defaults.WRITE_BEHIND.batch();
    BatchSettings batch =
        new BatchSettings(TRANSACTION, usual.maxBytes(), usual.linger(), Duration.ofMinutes(1), 0);
    Worker worker =
        new Worker(
            Worlds.postgres(postgres.jdbcUrl()),
            log,
            batch,
            listed("rows", "id"),
            listed("parents", "id"));
    assertThat(worker.assign(P0)).isEqualTo(Outcome.applied());
    return worker;
  }

  private static void apply(Worker worker, Log log, int from, int to) {
    assertThat(worker.handler.handle(log.batch(P0, from, to))).isEqualTo(Outcome.applied());
  }

  /** Commands that nothing is wrong with, up to a length of the log. */
  private static void fill(Log log, int from, int to) {
    for (int i = from; i < to; i++) {
      upsert(log, 100_000 + i, Map.of());
    }
  }

  private static void upsert(Log log, int id, Map<String, ?> set) {
    Map<String, Object> values = new HashMap<>(Poison.good(id));
    values.putAll(Map.of("parent", id % 8));
    values.putAll(set);
    log.add(P0, WriteCommand.upsert("rows", Map.of("id", id), values));
  }

  private List<String> refused() throws Exception {
    return db.rows("SELECT record_offset, sqlstate FROM cachetide.dead_letter ORDER BY 1");
  }

  private int sessions() throws Exception {
    return Integer.parseInt(db.one("SELECT count(*) FROM pg_stat_activity WHERE " + AHEAD));
  }
}
