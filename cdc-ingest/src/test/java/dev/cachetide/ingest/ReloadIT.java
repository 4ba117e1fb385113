package dev.cachetide.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tables that join while ingest runs: none of their changes is missed without a bump. */
class ReloadIT {

  @BeforeAll
  static void createTables() throws SQLException {
    World.execute(
        "CREATE SCHEMA joining",
        "CREATE TABLE joining.one (id int PRIMARY KEY)",
        "CREATE TABLE joining.two (id int PRIMARY KEY)",
        "CREATE TABLE joining.bad (id int)",
        "CREATE SCHEMA globbed",
        "CREATE TABLE globbed.t_one (id int PRIMARY KEY)",
        "CREATE TABLE globbed.t_bad (id int)",
        "CREATE TABLE globbed.other (id int PRIMARY KEY)",
        "CREATE TABLE globbed.t_parts (id int PRIMARY KEY) PARTITION BY RANGE (id)",
        "CREATE TABLE globbed.t_part PARTITION OF globbed.t_parts FOR VALUES FROM (0) TO (9)");
  }

  private static void awaitGeneration(World world, long expected) {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(world.generation()).isEqualTo(expected));
  }

  @Test
  void a_table_of_reloaded_rules_joins_with_a_bump_and_nothing_is_lost_meanwhile()
      throws Exception {
    World world = new World("rejoin", "joining.one");
    try (CdcIngest ingest = world.running()) {
      for (int id = 0; id < 100; id++) {
        World.execute("INSERT INTO joining.one VALUES (" + id + ")");
        if (id == 30) {
          assertThat(ingest.reload(new World("rejoin", "joining.one", "joining.two").settings()))
              .isEmpty();
        }
      }
      awaitGeneration(world, 2);
      World.execute("INSERT INTO joining.two VALUES (7)");

      assertThat(world.read("joining", "one").first(100)).hasSizeGreaterThanOrEqualTo(100);
      assertThat(world.read("joining", "two").first(1).get(0).key().path("id").asInt())
          .isEqualTo(7);
    }
  }

  @Test
  void a_table_that_was_left_out_for_a_while_has_a_gap_when_it_comes_again() throws Exception {
    World world = new World("again", "joining.one", "joining.two");
    world.running().close();
    new World("again", "joining.one").running().close();
    assertThat(world.generation()).isEqualTo(1);
    world.running().close();
    assertThat(world.generation()).isEqualTo(2);
  }

  @Test
  void rules_about_a_table_that_cannot_be_captured_change_nothing() throws Exception {
    World world = new World("unfit", "joining.one");
    try (CdcIngest ingest = world.running()) {
      assertThat(ingest.reload(new World("unfit", "joining.bad").settings())).hasSize(1);
      World.execute("INSERT INTO joining.one VALUES (1000)");
      world
          .read("joining", "one")
          .until(
              "1000", events -> events.stream().anyMatch(e -> e.key().path("id").asInt() == 1000));
      assertThat(world.generation()).isEqualTo(1);
    }
  }

  @Test
  void a_glob_captures_what_it_matches_now_and_what_is_made_or_renamed_later() throws Exception {
    World world = new World("globbed", "globbed.t_*");
    try (CdcIngest ingest = world.running()) {
      assertThat(ingest.readiness().ready()).isTrue();
      World.execute(
          "INSERT INTO globbed.t_one VALUES (1)", "INSERT INTO globbed.t_parts VALUES (2)");
      assertThat(world.read("globbed", "t_one").first(1)).hasSize(1);
      assertThat(world.read("globbed", "t_parts").first(1)).hasSize(1);
      assertThat(published()).isEqualTo("t_one t_parts");

      World.execute(
          "CREATE TABLE globbed.t_late (id int PRIMARY KEY)",
          "INSERT INTO globbed.t_late VALUES (1)");
      awaitGeneration(world, 2);
      World.execute("INSERT INTO globbed.t_late VALUES (2)");
      awaitRow(world, "t_late", 2);

      World.execute(
          "ALTER TABLE globbed.t_one RENAME TO t_renamed",
          "INSERT INTO globbed.t_renamed VALUES (3)");
      awaitRow(world, "t_renamed", 3);
    }
  }

  /** Also while the topic does not exist yet. */
  private static void awaitRow(World world, String table, int id) {
    await()
        .atMost(Duration.ofSeconds(40))
        .ignoreException(IllegalStateException.class)
        .until(
            () ->
                world.read("globbed", table).now().stream()
                    .anyMatch(event -> event.key().path("id").asInt() == id));
  }

  private static String published() throws SQLException {
    return World.one(
        "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_publication_tables"
            + " WHERE pubname = 'cachetide_globbed' AND schemaname = 'globbed'");
  }
}
