package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.P0;
import static dev.cachetide.writebehind.Worlds.P1;
import static dev.cachetide.writebehind.Worlds.listed;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.wire.Headers;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.writebehind.Worlds.Log;
import dev.cachetide.writebehind.Worlds.Worker;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What commands do to tables, on a real Postgres. */
class WriteBehindHandlerIT {

  @RegisterExtension static final RunningPostgres postgres = new RunningPostgres();

  private final Log log = new Log();
  private Database db;
  private Worker worker;

  @BeforeEach
  void createTables() throws Exception {
    db = postgres.database();
    db.run(
        "DROP TABLE IF EXISTS orders, users, products, loose, \"Odd\"\"s.t\", everything CASCADE",
        "DROP TYPE IF EXISTS mood CASCADE",
        "DROP DOMAIN IF EXISTS code CASCADE",
        "CREATE TYPE mood AS ENUM ('sad', 'happy')",
        "CREATE DOMAIN code AS varchar(3)",
        "CREATE TABLE users (id bigint PRIMARY KEY, email text UNIQUE, name text, short varchar(3))",
        "CREATE TABLE products (id int PRIMARY KEY, stock int CHECK (stock >= 0), price numeric)",
        "CREATE TABLE orders (id int PRIMARY KEY, user_id bigint NOT NULL REFERENCES users)",
        "CREATE TABLE loose (id int, n int, a text)",
        "CREATE TABLE \"Odd\"\"s.t\" (\"Key A\" text, b int, \"select\" text,"
            + " PRIMARY KEY (\"Key A\", b))",
        "CREATE TABLE everything (id uuid PRIMARY KEY, i2 int2, i8 int8, num numeric(20,5), f8 float8,"
            + " ok bool, t text, v varchar(10), c char(3), d date, ts timestamptz, iv interval,"
            + " j json, jb jsonb, by bytea, ints int[], texts text[], grid int[], m mood, cd code,"
            + " ip inet, r int4range, g int GENERATED ALWAYS AS (1) STORED)");
    worker =
        new Worker(
            postgres.jdbcUrl(),
            log,
            listed("users", "id"),
            listed("products", "id"),
            listed("orders", "id"),
            listed("loose", "id"),
            listed("public.Odd\"s.t", "Key A", "b"),
            listed("everything", "id"));
    assertThat(worker.assign(P0, P1)).isEqualTo(Outcome.applied());
  }

  @AfterEach
  void close() throws Exception {
    worker.close();
    db.close();
  }

  @Test
  void every_operation_takes_effect() throws Exception {
    log.add(
        P0,
        upsert("users", 1, Map.of("email", "a@b", "name", "Ada")),
        upsert("users", 2, Map.of("email", "g@h")),
        upsert("products", 1, Map.of("stock", 5, "price", new BigDecimal("1.50"))));
    apply();
    log.add(
        P0,
        WriteCommand.update("users", Map.of("id", 1), Map.of("name", "Ada L.")),
        WriteCommand.delete("users", Map.of("id", 2)),
        WriteCommand.delta("products", Map.of("id", 1), Map.of("stock", -2)),
        upsert("users", 3, Map.of()));
    apply();
    assertThat(db.rows("SELECT id, email, name FROM users ORDER BY id"))
        .containsExactly("1|a@b|Ada L.", "3|null|null");
    assertThat(db.one("SELECT stock, price FROM products")).isEqualTo("3|1.50");
    assertThat(
            db.one(
                "SELECT epoch, next_offset, topic_id FROM cachetide.consumer_offset"
                    + " WHERE partition = 0"))
        .isEqualTo("1|7|topic-1");
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void each_transaction_leaves_a_receipt_of_what_became_of_its_commands() throws Exception {
    log.add(
        P0,
        upsert("users", 1, Map.of("name", "Ada")),
        WriteCommand.update("users", Map.of("id", 1), Map.of("name", "Ada L.")),
        WriteCommand.update("users", Map.of("id", 9), Map.of("name", "nobody")).withId("mine"),
        upsert("users", 2, Map.of("name", "Grace")),
        WriteCommand.delete("users", Map.of("id", 2)));
    shown(2, "user:9");
    shown(0, "user:1");
    shown(4, "user:2");
    apply();
    log.add(P0, upsert("users", 3, Map.of("name", "Alan")));
    apply();
    assertThat(
            db.rows(
                "SELECT topic, partition, topic_id, first_offset, next_offset, superseded, rejected,"
                    + " withdrawn FROM cachetide.receipt ORDER BY next_offset"))
        .containsExactly(
            "test.writes|0|topic-1|0|5|\\x09|[{\"id\": \"mine\", \"offset\": 2, \"reason\":"
                + " \"row does not exist\", \"outcome\": \"rejected\"}]|{user:9,user:2}",
            "test.writes|0|topic-1|5|6|null|null|null");
    assertThat(
            db.one(
                "SELECT count(*) FROM cachetide.receipt r JOIN cachetide.consumer_offset o"
                    + " ON o.xmin::text = (r.xid & 4294967295)::text AND o.next_offset = r.next_offset"))
        .as("the receipt names its transaction")
        .isEqualTo("1");
  }

  @Test
  void a_topic_that_was_made_anew_has_receipts_of_its_own() throws Exception {
    log.add(P0, upsert("users", 1, Map.of("name", "Ada")));
    apply();
    log.topicId = "topic-2";
    assertThat(worker.assign(P0)).isEqualTo(Outcome.applied());
    apply();
    assertThat(db.rows("SELECT topic_id, next_offset FROM cachetide.receipt ORDER BY topic_id"))
        .containsExactly("topic-1|1", "topic-2|1");
  }

  @Test
  void offsets_that_an_operator_set_back_replace_the_receipt_from_before() throws Exception {
    log.add(P0, upsert("users", 1, Map.of("name", "Ada")));
    apply();
    String before = db.one("SELECT xid FROM cachetide.receipt");
    db.run("UPDATE cachetide.consumer_offset SET next_offset = 0 WHERE partition = 0");
    Worker again = new Worker(postgres.jdbcUrl(), log, listed("users", "id"));
    assertThat(again.assign(P0)).isEqualTo(Outcome.applied());
    assertThat(again.handler.handle(log.batch())).isEqualTo(Outcome.applied());
    again.close();
    assertThat(db.rows("SELECT next_offset, xid > " + before + " FROM cachetide.receipt"))
        .containsExactly("1|t");
  }

  private void shown(int offset, String key) {
    log.records.get(P0).get(offset).headers().add(Headers.SHOWN, key.getBytes(UTF_8));
  }

  @Test
  void every_type_is_written_as_it_was_meant() throws Exception {
    log.add(
        P0,
        "{'v':1,'op':'upsert','table':'everything','key':{'id':'00000000-0000-0000-0000-00000000000A'},"
            + "'set':{'i2':-5,'i8':9007199254740993,'num':123456789012345.12345,'f8':0.1,'ok':true,"
            + "'t':'q \\\" b \\\\ n \\n 🦜 {*:}','v':'','c':'ab','d':'2024-02-29',"
            + "'ts':'2024-02-29T12:00:00.123456Z','iv':'1 day','j':{'a':[1.10,null]},'jb':[1,'x'],"
            + "'by':'\\\\xcafe','ints':[1,null,3],'texts':['a','NULL','','x,y\\\"'],"
            + "'grid':[[1,2],[3,4]],'m':'happy','cd':'abc','ip':'10.0.0.1','r':'[1,5)'}}");
    apply();
    assertThat(deadLetters()).isEmpty();
    assertThat(
            db.one(
                "SELECT i2, i8, num, f8, ok, t, v = '', c, d, ts AT TIME ZONE 'UTC', iv, j, jb, by,"
                    + " ints, texts, grid, m, cd, ip, r FROM everything"))
        .isEqualTo(
            "-5|9007199254740993|123456789012345.12345|0.1|t|q \" b \\ n \n 🦜 {*:}|t|ab |"
                + "2024-02-29|2024-02-29 12:00:00.123456|1 day|{\"a\":[1.10,null]}|[1, \"x\"]|"
                + "\\xcafe|{1,NULL,3}|{a,\"NULL\",\"\",\"x,y\\\"\"}|{{1,2},{3,4}}|happy|abc|"
                + "10.0.0.1|[1,5)");
  }

  @Test
  void deltas_are_exact_and_null_counts_as_zero() throws Exception {
    db.run("INSERT INTO products VALUES (1, NULL, 0.1)");
    for (int i = 0; i < 100; i++) {
      log.add(
          P0,
          WriteCommand.delta(
              "products", Map.of("id", 1), Map.of("stock", 1, "price", new BigDecimal("0.1"))));
    }
    apply();
    assertThat(db.one("SELECT stock, price FROM products")).isEqualTo("100|10.1");
    assertThat(worker.count("coalesced")).isEqualTo(99);
  }

  @Test
  void exactly_the_bad_rows_are_parked_in_the_same_transaction() throws Exception {
    for (int i = 0; i < 500; i++) {
      log.add(P0, upsert("users", i, Map.of("email", "u" + (i == 77 ? 5 : i), "name", "n" + i)));
    }
    log.add(P0, WriteCommand.update("users", Map.of("id", 3), Map.of("short", "abcd")));
    log.add(P0, WriteCommand.delta("products", Map.of("id", 9), Map.of("stock", 1)).withId("w9"));
    apply();
    assertThat(db.one("SELECT count(*) FROM users")).isEqualTo("499");
    assertThat(
            db.rows(
                "SELECT partition, record_offset, table_name, sqlstate, write_id, reason"
                    + " FROM cachetide.dead_letter ORDER BY id"))
        .hasSize(3)
        .satisfies(
            rows -> {
              assertThat(rows.get(0))
                  .startsWith("0|77|public.users|23505|null|")
                  .contains("users_email_key");
              assertThat(rows.get(1)).startsWith("0|500|public.users|22001|null|");
              assertThat(rows.get(2)).isEqualTo("0|501|public.products|null|w9|row does not exist");
            });
    assertThat(
            db.one(
                "SELECT convert_from(command, 'UTF8') FROM cachetide.dead_letter"
                    + " WHERE record_offset = 501"))
        .contains("\"op\":\"delta\"");
    assertThat(worker.count("parked")).isEqualTo(3);
  }

  @Test
  void what_is_no_command_is_parked_with_its_reason_and_the_rest_takes_effect() throws Exception {
    List<String> bad =
        List.of(
            "nonsense",
            "[]",
            "{'v':2,'op':'delete','table':'users','key':{'id':1}}",
            "{'v':1,'op':'merge','table':'users','key':{'id':1}}",
            "{'v':1,'op':'delete','table':'users'}",
            "{'v':1,'op':'delete','table':'pg_catalog.pg_class','key':{'oid':1}}",
            "{'v':1,'op':'delete','table':'cachetide.consumer_offset','key':{'partition':1}}",
            "{'v':1,'op':'delete','table':'users','key':{'email':'x'}}",
            "{'v':1,'op':'delete','table':'users','key':{'id':1,'email':'x'}}",
            "{'v':1,'op':'upsert','table':'users','key':{'id':1},'set':{'nope':1}}",
            "{'v':1,'op':'upsert','table':'users','key':{'id':1},'set':{'name':5}}",
            "{'v':1,'op':'upsert','table':'users','key':{'id':1},'set':{'name':'\\u0000'}}",
            "{'v':1,'op':'upsert','table':'users','key':{'id':1.5},'set':{}}",
            "{'v':1,'op':'upsert','table':'everything','key':{'id':'x'},'set':{}}",
            "{'v':1,'op':'delta','table':'users','key':{'id':1},'add':{'name':1}}",
            "{'v':1,'op':'upsert','table':'products','key':{'id':99999999999},'set':{}}",
            "{'v':1,'op':'upsert','table':'products','key':{'id':1},'set':{'stock':-1}}",
            "{'v':1,'op':'upsert','table':'orders','key':{'id':1},'set':{}}",
            "{'v':1,'op':'upsert','table':'orders','key':{'id':1},'set':{'user_id':404}}",
            "{'v':1,'op':'update','table':'users','key':{'id':404},'set':{'name':'x'}}");
    for (int i = 0; i < bad.size(); i++) {
      log.add(P0, bad.get(i));
      log.add(P0, upsert("loose", i, Map.of("n", i)));
    }
    log.add(P0, null, "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    log.add(P0, new byte[] {1}, null);
    log.add(P0, new byte[] {1}, new byte[1024 * 1024 + 1]);
    apply();
    assertThat(db.one("SELECT count(*) FROM loose")).isEqualTo("" + bad.size());
    assertThat(db.rows("SELECT record_offset FROM cachetide.dead_letter WHERE reason <> ''"))
        .hasSize(bad.size() + 3);
    assertThat(db.one("SELECT next_offset FROM cachetide.consumer_offset WHERE partition = 0"))
        .isEqualTo("" + (2 * bad.size() + 3));
    assertThat(db.rows("SELECT DISTINCT reason FROM cachetide.dead_letter")).hasSizeGreaterThan(20);
  }

  @Test
  void a_table_without_any_constraint_gets_each_row_once() throws Exception {
    log.add(
        P0,
        upsert("loose", 1, Map.of("n", 1)),
        upsert("loose", 2, Map.of("n", 2)),
        upsert("loose", 3, Map.of()));
    apply();
    log.add(
        P0,
        upsert("loose", 1, Map.of("a", "x")),
        upsert("loose", 3, Map.of()),
        upsert("loose", 4, Map.of("a", "y")),
        WriteCommand.delta("loose", Map.of("id", 1), Map.of("n", 10)),
        WriteCommand.delete("loose", Map.of("id", 2)));
    apply();
    assertThat(db.rows("SELECT * FROM loose ORDER BY id"))
        .containsExactly("1|11|x", "3|null|null", "4|null|y");
  }

  @Test
  void composite_keys_and_odd_names_are_quoted() throws Exception {
    String table = "Odd\"s.t";
    Map<String, Object> key = Map.of("Key A", "x'; DROP TABLE users; --", "b", 1);
    // bare names hold no dot: schema and table are split at the first one
    log.add(P0, WriteCommand.upsert("public." + table, key, Map.of("select", "1")));
    log.add(P0, WriteCommand.upsert("public." + table, Map.of("Key A", "y", "b", 1), Map.of()));
    log.add(P0, WriteCommand.update("public." + table, key, Map.of("select", "2")));
    log.add(P0, WriteCommand.delete("public." + table, Map.of("Key A", "y", "b", 1)));
    apply();
    assertThat(deadLetters()).isEmpty();
    assertThat(db.rows("SELECT b, \"select\" FROM \"Odd\"\"s.t\"")).containsExactly("1|2");
  }

  @Test
  void values_that_swap_places_are_applied_in_the_order_of_the_log() throws Exception {
    db.run("INSERT INTO users VALUES (1, 'one'), (2, 'two')");
    log.add(
        P0,
        upsert("users", 2, Map.of("email", "spare")),
        upsert("users", 1, Map.of("email", "two")),
        upsert("users", 2, Map.of("email", "one")),
        WriteCommand.delete("users", Map.of("id", 1)),
        upsert("users", 3, Map.of("email", "two")),
        upsert("orders", 1, Map.of("user_id", 3)));
    apply();
    assertThat(deadLetters()).isEmpty();
    assertThat(db.rows("SELECT id, email FROM users ORDER BY id"))
        .containsExactly("2|one", "3|two");
  }

  @Test
  void a_constraint_that_is_checked_at_commit_parks_its_row_alone() throws Exception {
    db.run("ALTER TABLE orders ALTER CONSTRAINT orders_user_id_fkey DEFERRABLE INITIALLY DEFERRED");
    log.add(P0, upsert("users", 1, Map.of()), upsert("orders", 1, Map.of("user_id", 1)));
    log.add(P0, upsert("orders", 2, Map.of("user_id", 404)));
    apply();
    assertThat(db.rows("SELECT id FROM orders")).containsExactly("1");
    assertThat(deadLetters()).hasSize(1);
  }

  @Test
  void a_column_that_was_added_a_moment_ago_parks_nothing() throws Exception {
    log.add(P0, upsert("users", 1, Map.of("name", "x")));
    apply();
    db.run("ALTER TABLE users ADD COLUMN age int", "ALTER TABLE products ALTER id TYPE bigint");
    log.add(P0, upsert("users", 1, Map.of("age", 7)));
    log.add(P0, upsert("products", 99_999_999_999L, Map.of("stock", 1)));
    apply();
    assertThat(deadLetters()).isEmpty();
    assertThat(db.one("SELECT age FROM users")).isEqualTo("7");
  }

  @Test
  void a_trigger_that_swallows_a_write_does_not_swallow_it_silently() throws Exception {
    db.run(
        "CREATE OR REPLACE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS"
            + " 'BEGIN IF NEW.id = 2 THEN RETURN NULL; END IF; RETURN NEW; END'",
        "CREATE TRIGGER swallow BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION swallow()");
    log.add(P0, upsert("users", 1, Map.of("name", "x")), upsert("users", 2, Map.of("name", "y")));
    apply();
    assertThat(db.rows("SELECT id FROM users")).containsExactly("1");
    assertThat(deadLetters())
        .containsExactly("1|a trigger or rule of the table suppressed the write");
  }

  @Test
  void a_mistake_in_the_listed_tables_is_fatal_and_names_all() {
    try (Worker wrong =
        new Worker(postgres.jdbcUrl(), log, listed("nope", "id"), listed("users", "id", "uid"))) {
      assertThat(wrong.assign(P0))
          .isInstanceOfSatisfying(
              Outcome.Fatal.class,
              fatal ->
                  assertThat(fatal.what())
                      .contains("public.nope does not exist", "no column 'uid'"));
    }
  }

  private void apply() {
    assertThat(worker.handler.handle(log.batch())).isEqualTo(Outcome.applied());
  }

  private List<String> deadLetters() throws Exception {
    return db.rows("SELECT record_offset, reason FROM cachetide.dead_letter ORDER BY id");
  }

  private static WriteCommand upsert(String table, long id, Map<String, ?> set) {
    return WriteCommand.upsert(table, Map.of("id", id), set);
  }
}
