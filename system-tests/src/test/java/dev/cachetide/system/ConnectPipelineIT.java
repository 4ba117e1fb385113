package dev.cachetide.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The pipeline on topics that Kafka Connect's Debezium makes, with the connector of
 * docs/connect.md: what it is to do with ingest's, and what may befall Connect.
 */
final class ConnectPipelineIT implements ExactKeysScenes, RefreshScenes {

  private static final int ROWS_A_ROUND = Scale.of(3_000, 10_000);
  private static final int ROUNDS = Scale.of(1, 10);

  private static final List<String> MORE_TABLES =
      List.of(
          "CREATE TABLE named (id int PRIMARY KEY, grp text)",
          "ALTER TABLE named REPLICA IDENTITY FULL",
          "CREATE TABLE long (id int PRIMARY KEY, n int, t text)",
          "ALTER TABLE long REPLICA IDENTITY FULL",
          "ALTER TABLE long ALTER t SET STORAGE EXTERNAL",
          "CREATE TABLE items (id int PRIMARY KEY, n int NOT NULL)");

  private static final String MORE_RULES =
      """
        - name: named
          source: { schema: public, table: named }
          evict:
            - { key: "named:{id}" }
            - { tag: "group:{grp}" }
            - { pattern: "page:{id}:*" }
            - { version: "names" }
        - name: long
          source: { schema: public, table: long }
          evict: [ { key: "long:{t}" } ]
        - name: items
          source: { schema: public, table: items }
          evict: [ { key: "item:{id}" } ]
      """;

  private static final Map<String, String> CAPTURED =
      Map.of(
          "public.people", "p:early",
          "public.bulk", "bulk:early",
          "public.things", "plain:early",
          "public.named", "named:early",
          "public.long", "long:early",
          "public.items", "item:early");

  @TempDir private static Path directory;
  private static PipelineWorld world;

  @BeforeAll
  static void start() throws Exception {
    List<String> tables = new ArrayList<>(TABLES);
    tables.addAll(REFRESHED_TABLES);
    tables.addAll(MORE_TABLES);
    world =
        PipelineWorld.withConnect(
            directory, tables, CAPTURED, "rules:\n" + RULES + REFRESHES + MORE_RULES);
  }

  @AfterAll
  static void stop() throws SQLException {
    world.close();
  }

  @Override
  public PipelineWorld world() {
    return world;
  }

  @Override
  public int copied() {
    return Scale.of(15_000, 100_000);
  }

  @Override
  public int changes() {
    return Scale.of(500, 20_000);
  }

  @Test
  void a_row_takes_its_tag_its_pattern_and_the_version_with_it() throws Exception {
    passed("named:1", "INSERT INTO named VALUES (1, 'a')");
    List<String> leaving =
        List.of(
            "named:1",
            "page:1:en",
            "page:1:de",
            "cachetide:tag:group:a",
            "cachetide:tag:group:b",
            "cachetide:version:names");
    List<String> staying = List.of("named:2", "page:11:en", "cachetide:tag:group:c");
    world.cache().set(leaving);
    world.cache().set(staying);

    world.execute("UPDATE named SET grp = 'b' WHERE id = 1");

    world.cache().awaitGone(SOON, leaving);
    assertThat(world.cache().presentOf(staying)).hasSize(3);
  }

  @Test
  void a_value_that_is_stored_out_of_line_and_has_not_changed_names_its_key() throws Exception {
    String key = "long:" + "t".repeat(9_000);
    passed(key, "INSERT INTO long VALUES (1, 0, repeat('t', 9000))");
    world.cache().set(key, "long:other");

    world.execute("UPDATE long SET n = 1");

    world.cache().awaitGone(SOON, List.of(key));
    assertThat(world.cache().present(List.of("long:other"))).isOne();
  }

  @Test
  void rows_with_a_column_that_came_later_name_their_keys() throws Exception {
    passed("named:10", "INSERT INTO named VALUES (10, 'x')");
    world.execute("ALTER TABLE named ADD COLUMN age int DEFAULT 7");
    world.cache().set("named:10", "named:11", "cachetide:tag:group:x");

    world.execute("UPDATE named SET age = 8 WHERE id = 10");

    world.cache().awaitGone(SOON, List.of("named:10", "cachetide:tag:group:x"));
    assertThat(world.cache().present(List.of("named:11"))).isOne();
  }

  @Test
  void nothing_stays_behind_when_the_worker_and_connect_are_killed_in_the_middle()
      throws Exception {
    List<String> all =
        IntStream.rangeClosed(1, ROUNDS * ROWS_A_ROUND).mapToObj(id -> "item:" + id).toList();
    world.cache().set(all);
    world.execute(
        "INSERT INTO items SELECT i, 0 FROM generate_series(1, %d) i".formatted(all.size()));
    world.cache().awaitGone(SOON, all);
    world.cache().set(all);
    for (int round = 0; round < ROUNDS; round++) {
      int first = 1 + round * ROWS_A_ROUND;
      world.execute(
          "UPDATE items SET n = n + 1 WHERE id BETWEEN %d AND %d"
              .formatted(first, first + ROWS_A_ROUND - 1));
      List<String> middle = List.of("item:" + (first + ROWS_A_ROUND / 3));
      Awaitility.await("the middle of the changes")
          .atMost(SOON)
          .pollInterval(Duration.ofMillis(1))
          .until(() -> world.cache().present(middle) == 0);
      world.connect().kill();
      world.killWorker();
      world.connect().restart();
      world.startConnector();
    }
    world.cache().awaitGone(SOON, all);
  }

  /** Makes a change and waits until it has taken its key along. */
  private static void passed(String key, String sql) throws Exception {
    world.cache().set(key);
    world.execute(sql);
    world.cache().awaitGone(SOON, List.of(key));
  }
}
