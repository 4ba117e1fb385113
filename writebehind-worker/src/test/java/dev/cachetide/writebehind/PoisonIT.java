package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.P0;
import static dev.cachetide.writebehind.Worlds.listed;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.wire.WriteCommandCodec;
import dev.cachetide.writebehind.Worlds.Log;
import dev.cachetide.writebehind.Worlds.Worker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One command in a hundred is bad, each in another way: all others are applied, and fast. */
class PoisonIT {

  private static final int COMMANDS = Full.or(10_000, 300_000);
  private static final int ROUNDS = Full.or(1, 3);
  private static final int BATCH = 5_000;
  private static final int ONE_IN = 100;

  @RegisterExtension static final RunningPostgres postgres = new RunningPostgres();

  private final long seed = Long.getLong("seed", System.nanoTime());
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
    List<Poison> parked = new ArrayList<>();
    fill(log, COMMANDS, true, parked);
    handle(log);
    List<String> found =
        db.rows(
            "SELECT record_offset, coalesce(sqlstate, '-'), reason FROM cachetide.dead_letter"
                + " ORDER BY record_offset");
    assertThat(found).hasSameSizeAs(parked);
    for (int i = 0; i < found.size(); i++) {
      String[] columns = found.get(i).split("\\|", 3);
      assertThat(columns[0]).isEqualTo("" + (i * ONE_IN + ONE_IN - 1));
      assertThat(columns[1]).as(parked.get(i).name()).isEqualTo(parked.get(i).sqlState());
      assertThat(columns[2]).as(parked.get(i).name()).contains(parked.get(i).reason());
    }
    assertThat(db.one("SELECT count(*) FROM rows"))
        .isEqualTo("" + (COMMANDS - parked.size() + ROWS_BEFORE));
  }

  @Test
  void what_bad_commands_cost_is_shown() throws Exception {
    System.out.println("seed " + seed);
    double clean = 0;
    double poisoned = 0;
    for (int round = 0; round <= ROUNDS; round++) {
      double cleanRound = seconds(false);
      double poisonedRound = seconds(true);
      if (round > 0) {
        clean += cleanRound;
        poisoned += poisonedRound;
      }
    }
    System.out.printf(
        "1 %% of bad commands: %.0f commands/s and %.0f without, ratio %.2f%n",
        ROUNDS * COMMANDS / poisoned, ROUNDS * COMMANDS / clean, clean / poisoned);
    assertThat(poisoned).isPositive();
  }

  private double seconds(boolean poisoned) throws Exception {
    createTables();
    Log log = new Log();
    fill(log, COMMANDS, poisoned, new ArrayList<>());
    long started = System.nanoTime();
    handle(log);
    return (System.nanoTime() - started) / 1e9;
  }

  private static final int ROWS_BEFORE = 1;

  private void createTables() throws Exception {
    db.run(
        "DROP SCHEMA IF EXISTS cachetide CASCADE",
        "DROP TABLE IF EXISTS rows, parents",
        "DROP TYPE IF EXISTS mood",
        "CREATE TYPE mood AS ENUM ('calm', 'wild')",
        "CREATE TABLE parents (id int PRIMARY KEY)",
        "INSERT INTO parents SELECT generate_series(0, 9)",
        "CREATE TABLE rows (id int PRIMARY KEY, name varchar(20) NOT NULL,"
            + " n smallint CONSTRAINT n_positive CHECK (n >= 0), code text UNIQUE,"
            + " parent int REFERENCES parents, price numeric(6, 2), mood mood,"
            + " at timestamptz, doc jsonb)",
        "INSERT INTO rows (id, name, code) VALUES (-1, 'first', 'taken')",
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            + " $$ BEGIN RAISE EXCEPTION 'not on a Sunday'; END $$",
        "CREATE TRIGGER refuse BEFORE INSERT ON rows FOR EACH ROW WHEN (new.name = 'Sunday')"
            + " EXECUTE FUNCTION refuse()");
  }

  private void fill(Log log, int commands, boolean poisoned, List<Poison> parked) {
    Random random = new Random(seed);
    List<Poison> kinds = Poison.kinds();
    for (int i = 0; i < commands; i++) {
      if (poisoned && i % ONE_IN == ONE_IN - 1) {
        Poison poison = kinds.get(parked.size() % kinds.size());
        poison.to().add(log, i);
        parked.add(poison);
      } else {
        Map<String, Object> set =
            Map.of("name", "n" + i, "n", random.nextInt(100), "parent", i % 10, "code", "c" + i);
        log.add(P0, WriteCommand.upsert("rows", Map.of("id", i), set));
      }
    }
  }

  private static void handle(Log log) {
    try (Worker worker =
        new Worker(postgres.jdbcUrl(), log, listed("rows", "id"), listed("parents", "id"))) {
      assertThat(worker.assign(P0)).isEqualTo(Outcome.applied());
      var records = log.records.get(P0);
      for (int from = 0; from < records.size(); from += BATCH) {
        var batch = records.subList(from, Math.min(records.size(), from + BATCH));
        assertThat(worker.handler.handle(new ConsumerRecords<>(Map.of(P0, batch), Map.of())))
            .isEqualTo(Outcome.applied());
      }
    }
  }

  /** A way to be bad, and what it is parked with. */
  private record Poison(String name, String sqlState, String reason, Writer to) {

    static List<Poison> kinds() {
      return List.of(
          new Poison(
              "no value", "-", "record without a value", (log, i) -> log.add(P0, key(), null)),
          new Poison(
              "no key", "-", "record without a key", (log, i) -> log.add(P0, null, valid(i))),
          new Poison("no command", "-", "JSON", (log, i) -> log.add(P0, "{'v':1,")),
          new Poison("unknown operation", "-", "op", (log, i) -> log.add(P0, "{'v':1,'op':'x'}")),
          new Poison(
              "unlisted table",
              "-",
              "not listed",
              (log, i) -> log.add(P0, WriteCommand.delete("elsewhere", Map.of("id", i)))),
          set("unknown column", "-", "column 'colour' does not exist", "colour", "red"),
          set("no number", "22P02", "invalid input syntax for type smallint", "n", "many"),
          set("out of range", "22003", "out of range", "n", 70_000),
          set("too long", "22001", "too long", "name", "a name of more than twenty"),
          set("no such label", "22P02", "invalid input value for enum", "mood", "sour"),
          set("no time", "22007", "invalid input syntax for type timestamp", "at", "noonish"),
          set("too many digits", "22003", "numeric field overflow", "price", 123456),
          nullName(),
          set("check", "23514", "n_positive", "n", -1),
          set("foreign key", "23503", "rows_parent_fkey", "parent", 99),
          set("unique", "23505", "rows_code_key", "code", "taken"),
          set("trigger", "P0001", "not on a Sunday", "name", "Sunday"),
          new Poison(
              "no row",
              "-",
              "row does not exist",
              (log, i) -> log.add(P0, WriteCommand.update("rows", at(i), Map.of("n", 1)))));
    }

    private static Poison nullName() {
      return new Poison(
          "null",
          "23502",
          "violates not-null constraint",
          (log, i) -> log.add(P0, WriteCommand.upsert("rows", at(i), Map.of("n", 1))));
    }

    private static Poison set(
        String name, String sqlState, String reason, String column, Object value) {
      return new Poison(
          name,
          sqlState,
          reason,
          (log, i) -> {
            Map<String, Object> set = new java.util.HashMap<>(Map.of("name", "n" + i));
            set.put(column, value);
            log.add(P0, WriteCommand.upsert("rows", at(i), set));
          });
    }

    private static Map<String, Object> at(int id) {
      return Map.of("id", id);
    }

    private static byte[] key() {
      return "key".getBytes(UTF_8);
    }

    private static byte[] valid(int i) {
      return WriteCommandCodec.encode(WriteCommand.upsert("rows", at(i), Map.of("name", "n")));
    }
  }

  /** Adds one to a log. */
  private interface Writer {
    void add(Log log, int i);
  }
}
