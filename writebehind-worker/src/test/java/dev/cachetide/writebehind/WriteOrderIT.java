package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.P0;
import static dev.cachetide.writebehind.Worlds.listed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.settings.WriteTableSettings;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.writebehind.Worlds.Log;
import dev.cachetide.writebehind.Worlds.Worker;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A batch comes out as the log has it where rows depend on each other, and in few statements. */
class WriteOrderIT {

  private static final WriteTableSettings[] LISTED = {
    listed("users", "id"),
    listed("emails", "id"),
    listed("orders", "id"),
    listed("tree", "id"),
    listed("teams", "id"),
    listed("players", "id"),
    listed("seats", "id")
  };

  @RegisterExtension static final RunningPostgres postgres = new RunningPostgres();

  private final Log log = new Log();
  private Database db;
  private Worker worker;

  @BeforeEach
  void createTables() throws Exception {
    db = postgres.database();
    db.run(
        "DROP TABLE IF EXISTS users, emails, orders, tree, teams, players, seats CASCADE",
        "CREATE TABLE users (id int PRIMARY KEY, a text, b numeric, n int, UNIQUE (a, b))",
        "CREATE TABLE emails (id int PRIMARY KEY, email text)",
        "CREATE UNIQUE INDEX ON emails (lower(email))",
        "CREATE TABLE orders (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users)",
        "CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree, name text)",
        "CREATE TABLE teams (id int PRIMARY KEY, captain int)",
        "CREATE TABLE players (id int PRIMARY KEY, team int REFERENCES teams"
            + " DEFERRABLE INITIALLY DEFERRED)",
        "ALTER TABLE teams ADD FOREIGN KEY (captain) REFERENCES players"
            + " DEFERRABLE INITIALLY DEFERRED",
        "CREATE TABLE seats (id int PRIMARY KEY, seat int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    worker = new Worker(postgres.jdbcUrl(), log, LISTED);
    assertThat(worker.assign(P0)).isEqualTo(Outcome.applied());
  }

  @AfterEach
  void close() throws Exception {
    worker.close();
    db.close();
  }

  @Test
  void values_that_swap_places_cost_a_few_statements_and_not_a_search_each() throws Exception {
    db.run("INSERT INTO users SELECT i, 'u' || i, 1.50, 0 FROM generate_series(0, 1999) AS i");
    List<WriteCommand> commands = new ArrayList<>();
    for (int i = 0; i < 2000; i += 2) {
      if (i % 20 == 0) {
        commands.add(update("users", i, Map.of("a", "spare" + i)));
        commands.add(update("users", i + 1, Map.of("a", "u" + i)));
        commands.add(update("users", i, Map.of("a", "u" + (i + 1))));
      }
      commands.add(WriteCommand.delta("users", Map.of("id", i), Map.of("n", 1)));
    }
    log.add(P0, commands.toArray(WriteCommand[]::new));
    assertThat(statements()).isLessThan(15);
    worker.apply(log, P0, 0);
    assertThat(deadLetters()).isEmpty();
    assertThat(db.rows("SELECT a FROM users WHERE id IN (20, 21, 22) ORDER BY id"))
        .containsExactly("u21", "u20", "u22");
    assertThat(db.one("SELECT sum(n) FROM users")).isEqualTo("1000");
  }

  @Test
  void a_value_passes_from_a_deleted_row_to_a_new_one() throws Exception {
    db.run("INSERT INTO emails VALUES (1, 'Ada@x'), (2, 'bob@x')");
    apply(
        WriteCommand.delete("emails", Map.of("id", 1)),
        insert("emails", 3, Map.of("email", "Ada@x")),
        update("emails", 2, Map.of("email", "carl@x")),
        upsert("emails", 4, Map.of("email", "bob@x")),
        upsert("emails", 5, Map.of("email", "CARL@x")));
    assertThat(db.rows("SELECT * FROM emails ORDER BY id"))
        .containsExactly("2|carl@x", "3|Ada@x", "4|bob@x");
    assertThat(deadLetters()).hasSize(1).first().asString().startsWith("4|23505|");
  }

  @Test
  void a_unique_key_of_several_columns_moves_in_the_form_that_postgres_shows() throws Exception {
    db.run("INSERT INTO users VALUES (1, 'x', 1.5, 0), (2, 'y', 1.5, 0)");
    apply(
        update("users", 1, Map.of("b", 7)),
        update("users", 2, Map.of("a", "x")),
        update("users", 1, Map.of("a", "y", "b", "1.50")));
    assertThat(deadLetters()).isEmpty();
    assertThat(db.rows("SELECT id, a, b FROM users ORDER BY id"))
        .containsExactly("1|y|1.50", "2|x|1.5");
  }

  @Test
  void a_bad_row_among_swaps_is_parked_alone() throws Exception {
    db.run("INSERT INTO users SELECT i, 'u' || i, 1, 0 FROM generate_series(0, 9) AS i");
    apply(
        update("users", 0, Map.of("a", "spare")),
        update("users", 1, Map.of("a", "u0")),
        update("users", 404, Map.of("a", "nobody")),
        update("users", 0, Map.of("a", "u1")),
        update("users", 2, Map.of("a", "u3")),
        update("users", 5, Map.of("n", 7)));
    assertThat(deadLetters()).hasSize(2);
    assertThat(deadLetters().get(0)).isEqualTo("2|null|row does not exist");
    assertThat(deadLetters().get(1)).startsWith("4|23505|");
    assertThat(db.rows("SELECT a FROM users WHERE id < 3 ORDER BY id"))
        .containsExactly("u1", "u0", "u2");
  }

  @Test
  void parents_and_children_of_several_tables_come_and_go_in_one_batch() throws Exception {
    apply(
        insert("users", 1, Map.of("a", "x")),
        insert("orders", 1, Map.of("user_id", 1)),
        insert("users", 2, Map.of()),
        upsert("orders", 2, Map.of("user_id", 2)),
        update("orders", 1, Map.of("user_id", 2)),
        WriteCommand.delete("users", Map.of("id", 1)),
        WriteCommand.delete("orders", Map.of("id", 2)),
        insert("users", 1, Map.of("a", "back")),
        WriteCommand.delete("users", Map.of("id", 404)));
    assertThat(db.rows("SELECT * FROM orders")).containsExactly("1|2");
    assertThat(db.rows("SELECT id, a FROM users ORDER BY id")).containsExactly("1|back", "2|null");
    assertThat(deadLetters()).containsExactly("8|null|row does not exist");
  }

  @Test
  void a_table_that_refers_to_itself_grows_and_shrinks_in_one_batch() throws Exception {
    List<WriteCommand> commands = new ArrayList<>();
    for (int i = 1; i <= 60; i++) {
      Map<String, Object> parent = i == 1 ? Map.of() : Map.of("parent", i - 1);
      commands.add(
          i % 2 == 0
              ? insert("tree", i, parent)
              : upsert(
                  "tree", i, i == 1 ? Map.of("name", "x") : Map.of("parent", i - 1, "name", "x")));
    }
    for (int i = 60; i > 30; i--) {
      commands.add(WriteCommand.delete("tree", Map.of("id", i)));
    }
    log.add(P0, commands.toArray(WriteCommand[]::new));
    System.out.println("self-reference, 90 commands: " + statements() + " statements");
    worker.apply(log, P0, 0);
    assertThat(deadLetters()).isEmpty();
    assertThat(db.one("SELECT count(*), max(parent) FROM tree")).isEqualTo("30|29");
  }

  @Test
  void constraints_that_could_wait_are_checked_where_the_log_has_them() throws Exception {
    apply(
        insert("teams", 1, Map.of("captain", 7)),
        insert("teams", 2, Map.of()),
        insert("players", 7, Map.of("team", 2)),
        update("teams", 2, Map.of("captain", 7)),
        insert("seats", 1, Map.of("seat", 1)),
        insert("seats", 2, Map.of("seat", 2)));
    assertThat(db.rows("SELECT * FROM teams")).containsExactly("2|7");
    assertThat(deadLetters()).hasSize(1).first().asString().startsWith("0|23503|");
    apply(
        update("seats", 1, Map.of("seat", 3)),
        update("seats", 2, Map.of("seat", 1)),
        update("seats", 1, Map.of("seat", 2)),
        insert("seats", 3, Map.of("seat", 2)));
    assertThat(db.rows("SELECT * FROM seats ORDER BY id")).containsExactly("1|2", "2|1");
    assertThat(deadLetters()).hasSize(2);
  }

  /** How many statements the log takes; leaves nothing behind. */
  private int statements() throws Exception {
    try (Connection connection = postgres.connect()) {
      connection.setAutoCommit(false);
      WriteCatalog catalog =
          new WriteCatalogQuery(List.of(LISTED)).load(connection).catalog(List.of(LISTED));
      Counting rows = new Counting(new RowWriter(connection));
      LogApplier applier = new LogApplier(rows, false, Ops.NO_HINTS);
      applier.apply(
          BatchPlan.of(BatchPlan.decode(log.records.getOrDefault(P0, List.of()), catalog), catalog)
              .log());
      assertThat(applier.refusals()).isEmpty();
      connection.rollback();
      return rows.statements;
    }
  }

  private void apply(WriteCommand... commands) {
    int from = log.size(P0);
    log.add(P0, commands);
    worker.apply(log, P0, from);
  }

  private List<String> deadLetters() throws Exception {
    return db.rows(
        "SELECT record_offset, sqlstate, reason FROM cachetide.dead_letter ORDER BY record_offset");
  }

  private static WriteCommand insert(String table, int id, Map<String, ?> set) {
    return WriteCommand.insert(table, Map.of("id", id), set);
  }

  private static WriteCommand update(String table, int id, Map<String, ?> set) {
    return WriteCommand.update(table, Map.of("id", id), set);
  }

  private static WriteCommand upsert(String table, int id, Map<String, ?> set) {
    return WriteCommand.upsert(table, Map.of("id", id), set);
  }
}
