package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.P0;
import static dev.cachetide.writebehind.Worlds.listed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.writebehind.Worlds.Log;
import dev.cachetide.writebehind.Worlds.Worker;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One command in a hundred is bad, each in another way: all others are applied, and fast. */
class PoisonIT {

  private static final int COMMANDS = Full.or(20_000, 160_000);

  @RegisterExtension static final RunningPostgres postgres = new RunningPostgres();

  private Database db;

  @BeforeEach
  void connect() throws Exception {
    db = postgres.database();
  }

  @AfterEach
  void close() throws Exception {
    db.close();
  }

  @Test
  void each_bad_command_is_parked_with_its_reason_and_all_others_are_applied() throws Exception {
    createTables();
    Log log = new Log();
    List<Poison> parked = Poison.fill(log, COMMANDS, Poison.all());
    run(log);
    List<String> found =
        db.rows(
            "SELECT record_offset, coalesce(sqlstate, '-'), reason FROM cachetide.dead_letter"
                + " ORDER BY record_offset");
    assertThat(found).hasSameSizeAs(parked);
    for (int i = 0; i < found.size(); i++) {
      String[] columns = found.get(i).split("\\|", 3);
      assertThat(columns[0]).isEqualTo("" + (i * Poison.ONE_IN + Poison.ONE_IN - 1));
      assertThat(columns[1]).as(parked.get(i).name()).isEqualTo(parked.get(i).sqlState());
      assertThat(columns[2]).as(parked.get(i).name()).contains(parked.get(i).reason());
    }
    assertThat(db.one("SELECT count(*) FROM rows"))
        .isEqualTo("" + (COMMANDS - parked.size() + Poison.ROWS_BEFORE));
  }

  @Test
  void a_taken_value_that_its_holder_gives_up_in_the_same_batch_is_free() throws Exception {
    createTables();
    Log log = new Log();
    log.add(P0, WriteCommand.upsert("rows", Map.of("id", 0), Map.of("name", "x".repeat(21))));
    log.add(P0, WriteCommand.update("rows", Map.of("id", -1), Map.of("code", "given up")));
    log.add(P0, WriteCommand.upsert("rows", Map.of("id", 1), with("code", "taken0")));
    log.add(P0, WriteCommand.upsert("rows", Map.of("id", 2), with("code", "taken1")));
    addGood(log);
    run(log);
    assertThat(db.rows("SELECT record_offset, sqlstate FROM cachetide.dead_letter ORDER BY 1"))
        .containsExactly("0|22001", "3|23505");
    assertThat(db.rows("SELECT id FROM rows WHERE code = 'taken0'")).containsExactly("1");
  }

  /** Its number looks wrong and is none the less one, so that it is tried behind the others. */
  @Test
  void a_command_that_waits_does_not_lose_a_parent_that_is_deleted_behind_it() throws Exception {
    createTables();
    Log log = new Log();
    log.add(P0, WriteCommand.upsert("rows", Map.of("id", 0), Map.of("name", "x".repeat(21))));
    Map<String, Object> waiting = with("n", " 7");
    waiting.put("parent", 9);
    log.add(P0, WriteCommand.upsert("rows", Map.of("id", 1), waiting));
    log.add(P0, WriteCommand.update("rows", Map.of("id", 1), Map.of("parent", 8)));
    log.add(P0, WriteCommand.delete("parents", Map.of("id", 9)));
    Map<String, Object> orphan = with("parent", 9);
    orphan.put("code", "the orphan's");
    log.add(P0, WriteCommand.upsert("rows", Map.of("id", 2), orphan));
    addGood(log);
    run(log);
    assertThat(db.rows("SELECT record_offset, sqlstate FROM cachetide.dead_letter ORDER BY 1"))
        .containsExactly("0|22001", "4|23503");
    assertThat(db.rows("SELECT n, parent FROM rows WHERE id = 1")).containsExactly("7|8");
    assertThat(db.one("SELECT count(*) FROM parents")).isEqualTo("9");
  }

  private static void addGood(Log log) {
    for (int i = 10; i < 60; i++) {
      if (i % 10 < 8) {
        log.add(P0, WriteCommand.upsert("rows", Map.of("id", i), Poison.good(i)));
      }
    }
  }

  private static Map<String, Object> with(String column, Object value) {
    Map<String, Object> set = new HashMap<>(Poison.good(1));
    set.put("code", "of its own");
    set.put(column, value);
    return set;
  }

  private void createTables() throws Exception {
    Poison.createTables(db);
  }

  private static void run(Log log) {
    try (Worker worker =
        new Worker(postgres.jdbcUrl(), log, listed("rows", "id"), listed("parents", "id"))) {
      assertThat(worker.assign(P0)).isEqualTo(Outcome.applied());
      worker.apply(log, P0, 0);
    }
  }
}
