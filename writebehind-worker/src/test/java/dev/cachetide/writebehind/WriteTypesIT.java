package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.P0;
import static dev.cachetide.writebehind.Worlds.listed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.settings.WriteTableSettings;
import dev.cachetide.writebehind.Worlds.Log;
import dev.cachetide.writebehind.Worlds.Worker;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Every type by every operation, as a value and as a key, on a real Postgres. */
class WriteTypesIT {

  /** Single quotes stand for double ones. */
  private static final List<Column> COLUMNS =
      List.of(
          new Column("int2", "-5", "7", "-5", "7", "1"),
          new Column("int4", "2147483647", "'12'", "2147483647", "12", "-2"),
          new Column("int8", "9007199254740993", "-1e3", "9007199254740993", "-1000", "1"),
          new Column("numeric", "1.10", "'NaN'", "1.10", "NaN", null),
          new Column(
              "numeric(20,5)",
              "123456789012345.12345",
              "0",
              "123456789012345.12345",
              "0.00000",
              "0.00001"),
          new Column("float4", "1.5", "-0.25", "1.5", "-0.25", "0.5"),
          new Column("float8", "0.1", "'Infinity'", "0.1", "Infinity", "1"),
          new Column("money", "12.5", "'$0.10'", "$12.50", "$0.10", null),
          new Column("bool", "true", "false", "true", "false", null),
          new Column("text", "'a \\\\ \\n {*:} 🦜'", "''", "a \\ \n {*:} 🦜", "", null),
          new Column("varchar(10)", "'0123456789'", "'x'", "0123456789", "x", null),
          new Column("char(3)", "'ab'", "'abc'", "ab", "abc", null),
          new Column(
              "uuid",
              "'00000000-0000-0000-0000-00000000000A'",
              "'{11111111-1111-1111-1111-111111111111}'",
              "00000000-0000-0000-0000-00000000000a",
              "11111111-1111-1111-1111-111111111111",
              null),
          new Column("date", "'2024-02-29'", "'infinity'", "2024-02-29", "infinity", null),
          new Column("time", "'12:00:00.5'", "'24:00'", "12:00:00.5", "24:00:00", null),
          new Column(
              "timestamp",
              "'2024-02-29T12:00:00.123456'",
              "'-infinity'",
              "2024-02-29 12:00:00.123456",
              "-infinity",
              null),
          new Column(
              "timestamptz",
              "'2024-02-29T12:00:00.123456Z'",
              "'2024-02-29T14:00:00+02:00'",
              "2024-02-29 12:00:00.123456+00",
              "2024-02-29 12:00:00+00",
              null),
          new Column(
              "interval", "'P1DT2H'", "'3 mons -1 days'", "1 day 02:00:00", "3 mons -1 days", null),
          new Column(
              "json", "{'a':[1.10,null]}", "'text'", "{\"a\":[1.10,null]}", "\"text\"", null),
          new Column(
              "jsonb", "[1,'x',{'b':true}]", "1.50", "[1, \"x\", {\"b\": true}]", "1.50", null),
          new Column("bytea", "'\\\\xCAFE'", "'\\\\x'", "\\xcafe", "\\x", null),
          new Column("mood", "'happy'", "'sad'", "happy", "sad", null),
          new Column("code", "'abc'", "'x'", "abc", "x", null),
          new Column("positive", "3", "4", "3", "4", "1"),
          new Column("pair", "'(1,\\\"a b\\\")'", "'(,)'", "(1,\"a b\")", "(,)", null),
          new Column("int4[]", "[1,null,3]", "[]", "{1,NULL,3}", "{}", null),
          new Column(
              "int8[]",
              "[[1,2],[3,4]]",
              "['9007199254740993']",
              "{{1,2},{3,4}}",
              "{9007199254740993}",
              null),
          new Column("numeric(6,2)[]", "[1.234,-5]", "[null]", "{1.23,-5.00}", "{NULL}", null),
          new Column(
              "text[]",
              "['a','NULL','','x,y\\\"\\\\']",
              "[]",
              "{a,\"NULL\",\"\",\"x,y\\\"\\\\\"}",
              "{}",
              null),
          new Column("bool[]", "[true,false]", "[null]", "{t,f}", "{NULL}", null),
          new Column(
              "uuid[]",
              "['11111111-1111-1111-1111-111111111111']",
              "[]",
              "{11111111-1111-1111-1111-111111111111}",
              "{}",
              null),
          new Column("mood[]", "['sad','happy']", "['sad']", "{sad,happy}", "{sad}", null),
          new Column(
              "jsonb[]", "[{'a':1},[2]]", "[null]", "{\"{\\\"a\\\": 1}\",[2]}", "{NULL}", null),
          new Column("bytea[]", "['\\\\xca']", "[]", "{\"\\\\xca\"}", "{}", null),
          new Column(
              "timestamptz[]",
              "['2024-01-01T00:00:00Z']",
              "[]",
              "{\"2024-01-01 00:00:00+00\"}",
              "{}",
              null),
          new Column("inet", "'10.0.0.1'", "'::1/64'", "10.0.0.1/32", "::1/64", null),
          new Column(
              "macaddr",
              "'08:00:2b:01:02:03'",
              "'0:0:0:0:0:1'",
              "08:00:2b:01:02:03",
              "00:00:00:00:00:01",
              null),
          new Column("int4range", "'[1,5)'", "'empty'", "[1,5)", "empty", null),
          new Column(
              "tstzrange",
              "'[2024-01-01 00:00+00,)'",
              "'empty'",
              "[\"2024-01-01 00:00:00+00\",)",
              "empty",
              null),
          new Column("int4multirange", "'{[1,2),[4,6)}'", "'{}'", "{[1,2),[4,6)}", "{}", null),
          new Column("bit(4)", "'1010'", "'0000'", "1010", "0000", null),
          new Column("point", "'(1,2)'", "'(0.5,0)'", "(1,2)", "(0.5,0)", null),
          new Column("tsvector", "'cat'", "''", "'cat'", "", null),
          new Column("xml", "'<a/>'", "'<b>x</b>'", "<a/>", "<b>x</b>", null));

  private static final List<Key> KEYS =
      List.of(
          new Key("int2", "5", "5.0", "6"),
          new Key("int8", "9007199254740993", "'9007199254740993'", "9007199254740994"),
          new Key("numeric", "1.5", "'1.50'", "1.51"),
          new Key("float8", "0.1", "'0.1'", "0.2"),
          new Key("bool", "true", "true", "false"),
          new Key("text", "'a\\\\b'", "'a\\\\b'", "''"),
          new Key("varchar(5)", "'abc'", "'abc'", "'abd'"),
          new Key("char(4)", "'ab'", "'ab '", "'abc'"),
          new Key(
              "uuid",
              "'0000000a-0000-0000-0000-000000000000'",
              "'0000000A-0000-0000-0000-000000000000'",
              "'0000000b-0000-0000-0000-000000000000'"),
          new Key("date", "'2024-02-29'", "'29 Feb 2024'", "'2024-03-01'"),
          new Key(
              "timestamptz",
              "'2024-01-01T00:00:00Z'",
              "'2024-01-01 01:00:00+01'",
              "'2024-01-01T00:00:01Z'"),
          new Key("bytea", "'\\\\xCA'", "'\\\\xca'", "'\\\\xcb'"),
          new Key("mood", "'sad'", "'sad'", "'happy'"),
          new Key("code", "'a'", "'a'", "'b'"),
          new Key("inet", "'10.0.0.1'", "'10.0.0.1/32'", "'10.0.0.2'"),
          new Key("int4range", "'[1,5)'", "'[1,4]'", "'[1,6)'"));

  @RegisterExtension static final RunningPostgres postgres = new RunningPostgres();

  private final Log log = new Log();
  private Database db;
  private Worker worker;

  @BeforeEach
  void createTables() throws Exception {
    db = postgres.database();
    db.run(
        "SET timezone = 'UTC'",
        "DROP SCHEMA IF EXISTS cachetide CASCADE",
        "CREATE TYPE mood AS ENUM ('sad', 'happy')",
        "CREATE DOMAIN code AS varchar(3)",
        "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
        "CREATE TYPE pair AS (a int, b text)",
        "CREATE TABLE everything (\"the Key\" text, second int, "
            + list(Column::definition)
            + ", PRIMARY KEY (\"the Key\", second))",
        "CREATE TABLE made (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, always int"
            + " GENERATED ALWAYS AS IDENTITY, twice int GENERATED ALWAYS AS (n * 2) STORED, n int"
            + " DEFAULT 7, at timestamptz NOT NULL DEFAULT now(), \"Select\" text DEFAULT 'd')");
    List<WriteTableSettings> tables = new ArrayList<>();
    tables.add(listed("everything", "the Key", "second"));
    tables.add(listed("made", "id"));
    for (Key key : KEYS) {
      db.run("CREATE TABLE " + key.table() + " (k " + key.type + " PRIMARY KEY, n int)");
      tables.add(listed(key.table(), "k"));
    }
    worker = new Worker(postgres.jdbcUrl(), log, tables.toArray(WriteTableSettings[]::new));
    assertThat(worker.assign(P0)).isEqualTo(Outcome.applied());
  }

  @AfterEach
  void close() throws Exception {
    worker.close();
    db.run(
        "DROP TABLE everything, made",
        "DO $$ DECLARE t text; BEGIN FOR t IN SELECT tablename FROM pg_tables WHERE tablename LIKE"
            + " 'key\\_%' LOOP EXECUTE format('DROP TABLE %I', t); END LOOP; END $$",
        "DROP TYPE mood, pair",
        "DROP DOMAIN code, positive");
    db.close();
  }

  @Test
  void every_type_is_written_as_it_was_meant_by_every_operation() throws Exception {
    apply(command("insert", set(column -> column.first)));
    expect(column -> column.firstText);
    apply(command("upsert", set(column -> column.second)));
    expect(column -> column.secondText);
    apply(command("update", set(column -> column.first)));
    expect(column -> column.firstText);
    apply(command("update", set(column -> "null")));
    assertThat(db.one("SELECT num_nonnulls(" + list(Column::name) + ") FROM everything"))
        .isEqualTo("0");
    apply(command("delete", ""));
    apply(command("upsert", set(column -> column.second)));
    expect(column -> column.secondText);
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void every_number_takes_a_delta_exactly() throws Exception {
    StringJoiner add = new StringJoiner(",");
    StringJoiner sums = new StringJoiner(" AND ");
    for (Column column : COLUMNS) {
      if (column.delta != null) {
        add.add("'" + column.name() + "':" + column.delta);
        sums.add(column.name() + " = 3 * '" + column.delta + "'::" + column.type);
      }
    }
    String start =
        set(
            column ->
                column.delta == null ? "null" : column.type.equals("positive") ? "1" : "null");
    apply(command("insert", start));
    // a domain may refuse what a sum of NULL would pass through, so it starts from 1
    for (int i = 0; i < 3; i++) {
      apply(command("delta", ",'add':{" + add + "}"));
    }
    assertThat(deadLetters()).isEmpty();
    assertThat(
            db.one(
                "SELECT "
                    + sums.toString().replace("c_positive = 3 *", "c_positive = 1 + 3 *")
                    + " FROM everything"))
        .isEqualTo("t");
  }

  @Test
  void every_type_names_its_row_by_every_operation_in_one_batch_and_in_many() throws Exception {
    for (boolean together : new boolean[] {true, false}) {
      List<String> commands = new ArrayList<>();
      for (Key key : KEYS) {
        commands.add(key.command("insert", key.one, ",'set':{'n':1}"));
        commands.add(key.command("insert", key.other, ",'set':{'n':9}"));
        commands.add(key.command("insert", key.same, ",'set':{'n':2}"));
        commands.add(key.command("upsert", key.same, ",'set':{'n':3}"));
        commands.add(key.command("update", key.one, ",'set':{'n':4}"));
        commands.add(key.command("delta", key.same, ",'add':{'n':10}"));
        commands.add(key.command("delete", key.other, ""));
        commands.add(key.command("delete", key.other, ""));
      }
      if (together) {
        apply(commands.toArray(String[]::new));
      } else {
        commands.forEach(this::apply);
      }
      for (Key key : KEYS) {
        assertThat(db.rows("SELECT n FROM " + key.table())).as(key.type).containsExactly("14");
        db.run("TRUNCATE " + key.table());
      }
      assertThat(
              db.rows(
                  "SELECT reason, count(*) FROM cachetide.dead_letter GROUP BY reason ORDER BY 1"))
          .containsExactly(
              "row does not exist|" + KEYS.size() * (together ? 1 : 2),
              "row exists already|" + KEYS.size() * (together ? 1 : 2));
    }
  }

  @Test
  void what_postgres_makes_itself_is_left_to_it() throws Exception {
    apply(
        "{'v':1,'op':'insert','table':'made','key':{'id':100},'set':{}}",
        "{'v':1,'op':'upsert','table':'made','key':{'id':200},'set':{'n':1,'Select':null}}",
        "{'v':1,'op':'update','table':'made','key':{'id':100},'set':{'Select':'x'}}",
        "{'v':1,'op':'delta','table':'made','key':{'id':100},'add':{'n':1}}",
        "{'v':1,'op':'insert','table':'made','key':{'id':300},'set':{'always':1}}",
        "{'v':1,'op':'update','table':'made','key':{'id':100},'set':{'twice':1}}",
        "{'v':1,'op':'update','table':'made','key':{'id':100},'set':{'at':null}}");
    assertThat(
            db.rows(
                "SELECT id, always > 0, twice, n, at IS NOT NULL, \"Select\" FROM made ORDER BY"
                    + " id"))
        .containsExactly("100|t|16|8|t|x", "200|t|2|1|t|null");
    assertThat(deadLetters())
        .containsExactly(
            "4|column 'always' is generated always",
            "5|column 'twice' is generated always",
            "6|null value in column \"at\" of relation \"made\" violates not-null constraint");
  }

  private static String command(String op, String rest) {
    return "{'v':1,'op':'"
        + op
        + "','table':'public.everything','key':{'the Key':'k','second':1}"
        + rest
        + "}";
  }

  private static String set(Function<Column, String> value) {
    StringJoiner set = new StringJoiner(",");
    COLUMNS.forEach(column -> set.add("'" + column.name() + "':" + value.apply(column)));
    return ",'set':{" + set + "}";
  }

  private static String list(Function<Column, String> part) {
    StringJoiner list = new StringJoiner(", ");
    COLUMNS.forEach(column -> list.add(part.apply(column)));
    return list.toString();
  }

  private void expect(Function<Column, String> text) throws Exception {
    for (Column column : COLUMNS) {
      assertThat(db.one("SELECT " + column.name() + "::text FROM everything"))
          .as(column.type)
          .isEqualTo(text.apply(column));
    }
  }

  private void apply(String... commands) {
    int from = log.size(P0);
    for (String command : commands) {
      log.add(P0, command);
    }
    worker.apply(log, P0, from);
  }

  private List<String> deadLetters() throws Exception {
    return db.rows("SELECT record_offset, reason FROM cachetide.dead_letter ORDER BY 1");
  }

  /** A column's type, two values for it as JSON, and how Postgres shows them. */
  private record Column(
      String type,
      String first,
      String second,
      String firstText,
      String secondText,
      @Nullable String delta) {
    String name() {
      return "c_" + type.replaceAll("[^a-z0-9]+", "_");
    }

    String definition() {
      return name() + " " + type;
    }
  }

  /** A key's type, one value of it in two spellings, and another value. */
  private record Key(String type, String one, String same, String other) {
    String table() {
      return "key_" + type.replaceAll("[^a-z0-9]+", "_");
    }

    String command(String op, String key, String rest) {
      return "{'v':1,'op':'"
          + op
          + "','table':'"
          + table()
          + "','key':{'k':"
          + key
          + "}"
          + rest
          + "}";
    }
  }
}
