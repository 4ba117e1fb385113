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
import java.util.function.ToDoubleFunction;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One command in a hundred is bad, each in another way: all others are applied, and fast. */
class PoisonIT {

  private static final int ONE_IN = 100;
  private static final int BATCH = 10_000;
  private static final int COMMANDS = Full.or(2 * BATCH, 16 * BATCH);
  private static final int ROUNDS = Full.or(1, 5);

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
    run(log);
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
        log.add(P0, WriteCommand.upsert("rows", Map.of("id", i), good(i)));
      }
    }
  }

  private static Map<String, Object> with(String column, Object value) {
    Map<String, Object> set = new HashMap<>(good(1));
    set.put("code", "of its own");
    set.put(column, value);
    return set;
  }

  /**
   * The kinds that only Postgres can tell, which cost the most, and all of them. Clean and poisoned
   * runs take turns, so that whatever else the machine does meets both. What a run's first batch
   * costs, in which everything is learned, is told apart.
   */
  @Test
  void what_bad_commands_cost_is_shown() throws Exception {
    List<Poison> all = new ArrayList<>(Poison.unfit());
    all.addAll(Poison.refused());
    List<Run> clean = new ArrayList<>();
    List<Run> refused = new ArrayList<>();
    List<Run> mixed = new ArrayList<>();
    for (int round = 0; round <= ROUNDS; round++) {
      clean.add(run(List.of()));
      refused.add(run(Poison.refused()));
      mixed.add(run(all));
    }
    List<List<Run>> runs = List.of(clean, refused, mixed);
    runs.forEach(of -> of.remove(0)); // while everything is compiled
    show("12 kinds that Postgres refuses", refused, clean);
    show("all 18 kinds", mixed, clean);
    assertThat(db.one("SELECT count(*) FROM rows"))
        .as("rows of the last run, which was a poisoned one")
        .isEqualTo("" + (COMMANDS - COMMANDS / ONE_IN + ROWS_BEFORE));
  }

  private static void show(String kinds, List<Run> poisoned, List<Run> clean) {
    List<String> ratios = new ArrayList<>();
    for (int i = 0; i < clean.size(); i++) {
      double ratio = clean.get(i).steady() / poisoned.get(i).steady();
      ratios.add(String.format(Locale.ROOT, "%.2f", ratio));
    }
    double steady = median(clean, Run::steady) / median(poisoned, Run::steady);
    System.out.printf(
        Locale.ROOT,
        "1 %% of bad commands of %s: a batch takes %.0f ms, and %.0f ms without them: ratio %.2f,"
            + " of each round %s; the first batch %.0f ms, and %.0f ms without%n",
        kinds,
        1e3 * median(poisoned, Run::steady),
        1e3 * median(clean, Run::steady),
        steady,
        ratios,
        1e3 * median(poisoned, Run::first),
        1e3 * median(clean, Run::first));
  }

  private static double median(List<Run> runs, ToDoubleFunction<Run> of) {
    double[] sorted = runs.stream().mapToDouble(of).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private Run run(List<Poison> kinds) throws Exception {
    createTables();
    Log log = new Log();
    fill(log, kinds, new ArrayList<>());
    return run(log);
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
  private static Run run(Log log) {
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
      List<Long> nanos = new ArrayList<>();
      for (int from = 0; from < records.size(); from += BATCH) {
        long started = System.nanoTime();
        var poll = records.subList(from, Math.min(records.size(), from + BATCH));
        assertThat(worker.handler.handle(new ConsumerRecords<>(Map.of(P0, poll), Map.of())))
            .isEqualTo(Outcome.applied());
        nanos.add(System.nanoTime() - started);
      }
      return Run.of(nanos);
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

  /**
   * How long batches took.
   *
   * @param first seconds
   * @param steady seconds of any other, on average
   */
  private record Run(double first, double steady) {
    static Run of(List<Long> nanos) {
      List<Long> others = nanos.size() == 1 ? nanos : nanos.subList(1, nanos.size());
      return new Run(
          nanos.get(0) / 1e9,
          others.stream().mapToLong(Long::longValue).sum() / 1e9 / others.size());
    }
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
          set(
              "no time",
              "22007",
              "invalid input syntax for type timestamp",
              "at",
              i -> "never" + i),
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
