package dev.cachetide.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/**
 * From SQL to Redis: exactly the right keys leave, others stay, whoever makes the change topics.
 * After each change a marker row is changed in every partition's wake: once its key has left, what
 * should have stayed has had its chance to leave.
 */
interface ExactKeysScenes {

  Duration SOON = Duration.ofSeconds(60);

  /**
   * Rows whose keys stay. They are there before anybody captures changes, where the set-up leaves
   * them alone: an event may come twice, and one of theirs would evict what has to stay.
   */
  String BYSTANDERS =
      "INSERT INTO people VALUES (2, 'other@x', 'c', 'd'), (21, 'r@x', 'i', 'j')"
          + " ON CONFLICT DO NOTHING";

  List<String> TABLES =
      List.of(
          "CREATE TABLE people (id int PRIMARY KEY, mail text, a text, b text)",
          "ALTER TABLE people REPLICA IDENTITY FULL",
          BYSTANDERS,
          "CREATE TABLE bulk (id int PRIMARY KEY, n int)");

  String RULES =
      """
        - name: people
          source: { schema: public, table: people }
          evict: [ { key: "p:{id}" }, { key: "mail:{mail}" }, { key: "pair:{a}:{b}" } ]
        - name: bulk
          source: { schema: public, table: bulk }
          evict: [ { key: "bulk:{id}" } ]
      """;

  /** With {@link #TABLES} and {@link #RULES}. */
  PipelineWorld world();

  /** Rows of one COPY; beyond the rules' limit, so that they are evicted as a whole. */
  default int copied() {
    return 100_000;
  }

  @Test
  default void an_update_evicts_old_and_new_keys_and_nothing_else() throws Exception {
    world().execute(BYSTANDERS);
    world().execute("INSERT INTO people VALUES (1, 'old@x', 'a', 'b')");
    settle("mail:new@x", "mail:old@x", "p:1", "p:2", "mail:other@x", "pair:a:b", "pair:c:d");

    world().execute("UPDATE people SET mail = 'new@x' WHERE id = 1");

    expect(
        List.of("mail:new@x", "mail:old@x", "p:1", "pair:a:b"),
        List.of("p:2", "mail:other@x", "pair:c:d"));
  }

  @Test
  default void a_delete_and_a_changed_primary_key_evict_the_rows_keys() throws Exception {
    world().execute("INSERT INTO people VALUES (11, 'd@x', 'e', 'f'), (12, 'k@x', 'g', 'h')");
    settle("p:11", "mail:d@x", "p:12", "p:13", "p:14", "mail:k@x", "pair:e:f", "pair:g:h");

    world().execute("DELETE FROM people WHERE id = 11");
    world().execute("UPDATE people SET id = 13 WHERE id = 12");

    expect(
        List.of("p:11", "mail:d@x", "p:12", "p:13", "mail:k@x", "pair:e:f", "pair:g:h"),
        List.of("p:14"));
  }

  @Test
  default void a_transaction_that_rolls_back_evicts_nothing() throws Exception {
    world().execute(BYSTANDERS);
    settle("p:21", "mail:r@x", "mail:never@x", "pair:i:j");

    world().connection().setAutoCommit(false);
    world().execute("UPDATE people SET mail = 'never@x' WHERE id = 21");
    world().connection().rollback();
    world().connection().setAutoCommit(true);

    expect(List.of(), List.of("p:21", "mail:r@x", "mail:never@x", "pair:i:j"));
  }

  @Test
  default void hostile_values_name_exactly_their_own_keys() throws Exception {
    List<String> values =
        Arrays.asList(
            "*",
            "?",
            "[a-z]",
            "{",
            "}",
            "{id}",
            "a:b",
            ":",
            "\"",
            "'",
            "back\\slash",
            "new\nline",
            "\uD83D\uDE00",
            "",
            null,
            "null",
            "%",
            "%00",
            " ");
    List<String> leaving = new ArrayList<>();
    List<String> staying = new ArrayList<>();
    try (PreparedStatement insert =
        world().connection().prepareStatement("INSERT INTO people VALUES (?, ?, ?, ?)")) {
      for (int i = 0; i < values.size(); i++) {
        String value = values.get(i);
        insert.setInt(1, 100 + i);
        insert.setString(2, value);
        insert.setString(3, value);
        insert.setString(4, "z");
        insert.addBatch();
        leaving.add("mail:" + escaped(value, false));
        leaving.add("pair:" + escaped(value, true) + ":z");
        staying.add("mail:x" + escaped(value, false) + "x");
      }
      staying.addAll(List.of("mail:bystander", "pair:a:b:z", "pair:q:z", "mail:i", "p:99"));
      world().cache().set(leaving);
      world().cache().set(staying);
      insert.executeBatch();
    }

    expect(leaving, staying);
  }

  @Test
  default void copy_of_many_rows_and_truncate_evict_all_of_their_table_and_nothing_of_others()
      throws Exception {
    List<String> keys = IntStream.range(0, copied()).mapToObj(id -> "bulk:" + id).toList();
    world().cache().set(keys);
    world().cache().set("p:77", "bulkhead:1");
    String rows =
        IntStream.range(0, copied()).mapToObj(id -> id + "\t0\n").collect(Collectors.joining());
    world()
        .connection()
        .unwrap(PGConnection.class)
        .getCopyAPI()
        .copyIn("COPY bulk FROM STDIN", new StringReader(rows));
    world().cache().awaitGone(SOON, keys);
    world().cache().set(keys.subList(0, 1_000));

    world().execute("TRUNCATE bulk");

    expect(keys.subList(0, 1_000), List.of("p:77", "bulkhead:1"));
  }

  /** What docs/keys.md says. */
  private String escaped(String value, boolean beforeColon) {
    if (value == null) {
      return "%00";
    }
    String escaped = value.replace("%", "%25");
    return beforeColon ? escaped.replace(":", "%3A") : escaped;
  }

  /** Lets earlier changes pass, then sets keys. */
  private void settle(String... keys) throws SQLException {
    marker();
    world().cache().set(keys);
  }

  private void expect(List<String> leaving, List<String> staying) throws SQLException {
    world().cache().awaitGone(SOON, leaving);
    marker();
    assertThat(world().cache().presentOf(staying))
        .as(() -> "what should stay; the pipeline says\n" + world().roles().output())
        .containsExactlyInAnyOrderElementsOf(staying);
  }

  /** One row for each partition and more, so that every partition has gone on. */
  private void marker() throws SQLException {
    List<String> keys = IntStream.range(-200, 0).mapToObj(id -> "p:" + id).toList();
    world().cache().set(keys);
    world().execute("INSERT INTO people SELECT i FROM generate_series(-200, -1) i");
    world().cache().awaitGone(SOON, keys);
    world().cache().set(keys);
    world().execute("DELETE FROM people WHERE id < 0");
    world().cache().awaitGone(SOON, keys);
  }
}
