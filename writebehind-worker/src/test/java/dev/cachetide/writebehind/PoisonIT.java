package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.P0;
import static dev.cachetide.writebehind.Worlds.listed;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.settings.Defaults;
import dev.cachetide.runtime.settings.WriteBehindSettings.BatchSettings;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.wire.WriteCommandCodec;
import dev.cachetide.writebehind.Worlds.Log;
import dev.cachetide.writebehind.Worlds.Worker;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One command in a hundred is bad, each in another way: all others are applied, and fast. */
class PoisonIT {

  private static final int ONE_IN = 100;
  private static final int BATCH = 10_000;
  private static final int COMMANDS = Full.or(BATCH, 8 * BATCH);
  private static final int ROUNDS = Full.or(1, 8);

  /** Rows that were there before, whose codes are taken. */
  private static final int ROWS_BEFORE = 1_000;

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
    List<Poison> kinds = new ArrayList<>(Poison.unfit());
    kinds.addAll(Poison.refused());
    List<Poison> parked = new ArrayList<>();
    fill(log, kinds, parked);
    seconds(log);
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

  /**
   * With the kinds that only Postgres can tell, which cost the most. Clean and poisoned runs take
   * turns, so that whatever else the machine does meets both.
   */
  @Test
  void what_bad_commands_cost_is_shown() throws Exception {
    List<Double> clean = new ArrayList<>();
    List<Double> poisoned = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round <= ROUNDS; round++) {
      boolean cleanFirst = round % 2 == 0;
      double first = seconds(cleanFirst ? List.of() : Poison.refused());
      double second = seconds(cleanFirst ? Poison.refused() : List.of());
      if (round > 0) {
        clean.add(COMMANDS / (cleanFirst ? first : second));
        poisoned.add(COMMANDS / (cleanFirst ? second : first));
        ratios.add(cleanFirst ? first / second : second / first);
      }
    }
    System.out.printf(
        "1 %% of bad commands: %.0f commands/s and %.0f without, ratio of medians %.2f, median of"
            + " ratios %.2f, all %s%n",
        median(poisoned),
        median(clean),
        median(poisoned) / median(clean),
        median(ratios),
        ratios.stream().map(ratio -> String.format(Locale.ROOT, "%.2f", ratio)).toList());
    assertThat(db.one("SELECT count(*) FROM rows"))
        .as("rows of the last run, which was the poisoned or the clean one")
        .isIn("" + (COMMANDS + ROWS_BEFORE), "" + (COMMANDS - COMMANDS / ONE_IN + ROWS_BEFORE));
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  private double seconds(List<Poison> kinds) throws Exception {
    createTables();
    Log log = new Log();
    fill(log, kinds, new ArrayList<>());
    return seconds(log);
  }

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
        "INSERT INTO rows (id, name, code) SELECT -1 - i, 'before', 'taken' || i"
            + " FROM generate_series(0, "
            + (ROWS_BEFORE - 1)
            + ") AS i",
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            + " $$ BEGIN IF new.name LIKE 'Sunday%' THEN RAISE EXCEPTION 'not on a Sunday';"
            + " END IF; RETURN new; END $$",
        "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON rows FOR EACH ROW"
            + " EXECUTE FUNCTION refuse()");
  }

  /** Fills a log, in which every hundredth command is bad unless there is no kind of it. */
  private void fill(Log log, List<Poison> kinds, List<Poison> parked) {
    for (int i = 0; i < COMMANDS; i++) {
      if (!kinds.isEmpty() && i % ONE_IN == ONE_IN - 1) {
        Poison poison = kinds.get(parked.size() % kinds.size());
        poison.to().add(log, i);
        parked.add(poison);
      } else {
        log.add(P0, WriteCommand.upsert("rows", Map.of("id", i), good(i)));
      }
    }
  }

  /** How long the handler takes for a log, in transactions as large as they get. */
  private static double seconds(Log log) {
    BatchSettings usual = Defaults.WRITE_BEHIND.batch();
    BatchSettings batch =
        new BatchSettings(4 * BATCH, usual.maxBytes(), usual.linger(), Duration.ofMinutes(1), 0);
    try (Worker worker =
        new Worker(
            Worlds.postgres(postgres.jdbcUrl()),
            log,
            batch,
            listed("rows", "id"),
            listed("parents", "id"))) {
      assertThat(worker.assign(P0)).isEqualTo(Outcome.applied());
      var records = log.records.get(P0);
      long started = System.nanoTime();
      for (int from = 0; from < records.size(); from += BATCH) {
        var poll = records.subList(from, Math.min(records.size(), from + BATCH));
        assertThat(worker.handler.handle(new ConsumerRecords<>(Map.of(P0, poll), Map.of())))
            .isEqualTo(Outcome.applied());
      }
      return (System.nanoTime() - started) / 1e9;
    }
  }

  /** What a good command sets; a bad one sets the same columns. */
  private static Map<String, Object> good(int i) {
    return Map.of(
        "name",
        "n" + i,
        "n",
        i % 97,
        "code",
        "c" + i,
        "parent",
        i % 10,
        "price",
        new BigDecimal(i % 900_000).movePointLeft(2),
        "mood",
        i % 3 == 0 ? "wild" : "calm",
        "at",
        "2026-01-01T10:00:00Z");
  }

  /** A way to be bad, and what it is parked with; every command is so with another value. */
  private record Poison(String name, String sqlState, String reason, Writer to) {

    /** What is no command, or none that its table can take. */
    static List<Poison> unfit() {
      return List.of(
          new Poison(
              "no value", "-", "record without a value", (log, i) -> log.add(P0, key(), null)),
          new Poison(
              "no key", "-", "record without a key", (log, i) -> log.add(P0, null, valid(i))),
          new Poison("no command", "-", "JSON", (log, i) -> log.add(P0, "{'v':1," + i)),
          new Poison(
              "unknown operation", "-", "op", (log, i) -> log.add(P0, "{'v':1,'op':'x" + i + "'}")),
          new Poison(
              "unlisted table",
              "-",
              "not listed",
              (log, i) -> log.add(P0, WriteCommand.delete("elsewhere", Map.of("id", i)))),
          set("unknown column", "-", "does not exist", "colour", i -> "red" + i));
    }

    /** What only Postgres can tell. */
    static List<Poison> refused() {
      return List.of(
          set("no number", "22P02", "invalid input syntax for type smallint", "n", i -> "many" + i),
          set("out of range", "22003", "out of range", "n", i -> 70_000 + i),
          set("too long", "22001", "too long", "name", i -> "a name of more than twenty " + i),
          set("no such label", "22P02", "invalid input value for enum", "mood", i -> "sour" + i),
          set("no time", "22007", "invalid input syntax for type timestamp", "at", i -> "at" + i),
          set("too many digits", "22003", "numeric field overflow", "price", i -> 10_000 + i),
          nullName(),
          set("check", "23514", "n_positive", "n", i -> -1 - i % 30_000),
          set("foreign key", "23503", "rows_parent_fkey", "parent", i -> 100 + i),
          set("unique", "23505", "rows_code_key", "code", i -> "taken" + i / ONE_IN % ROWS_BEFORE),
          set("trigger", "P0001", "not on a Sunday", "name", i -> "Sunday " + i),
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
        String name, String sqlState, String reason, String column, IntFunction<Object> value) {
      return new Poison(
          name,
          sqlState,
          reason,
          (log, i) -> {
            Map<String, Object> set = new HashMap<>(good(i));
            set.put(column, value.apply(i));
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
