package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.P0;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.cachetide.wire.WriteCommand;
import dev.cachetide.wire.WriteCommandCodec;
import dev.cachetide.writebehind.Worlds.Log;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** A way to be bad, and what it is parked with; every command is so with another value. */
record Poison(String name, String sqlState, String reason, Writer to) {

  /** Every how manieth command is bad. */
  static final int ONE_IN = 100;

  /** Rows that were there before, whose codes are taken. */
  static final int ROWS_BEFORE = 1_000;

  /** What is no command, or none that its table can take. */
  static List<Poison> unfit() {
    return List.of(
        new Poison("no value", "-", "record without a value", (log, i) -> log.add(P0, key(), null)),
        new Poison("no key", "-", "record without a key", (log, i) -> log.add(P0, null, valid(i))),
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
        set("no time", "22007", "invalid input syntax for type timestamp", "at", i -> "never" + i),
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

  /** All of them. */
  static List<Poison> all() {
    List<Poison> all = new ArrayList<>(unfit());
    all.addAll(refused());
    return all;
  }

  /** Makes the tables, and all that was there before. */
  static void createTables(Database db) throws Exception {
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

  /**
   * Fills a log, in which every hundredth command is bad unless there is no kind of it.
   *
   * @return what the bad ones are, in their order
   */
  static List<Poison> fill(Log log, int commands, List<Poison> kinds) {
    List<Poison> parked = new ArrayList<>();
    for (int i = 0; i < commands; i++) {
      if (!kinds.isEmpty() && i % ONE_IN == ONE_IN - 1) {
        Poison poison = kinds.get(parked.size() % kinds.size());
        poison.to().add(log, i);
        parked.add(poison);
      } else {
        log.add(P0, WriteCommand.upsert("rows", Map.of("id", i), good(i)));
      }
    }
    return parked;
  }

  /** What a good command sets; a bad one sets the same columns. */
  static Map<String, Object> good(int i) {
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

  /** Adds one to a log. */
  interface Writer {
    void add(Log log, int i);
  }
}
