package dev.cachetide.ingest;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TableCheckIT {

  @BeforeAll
  static void createTables() throws SQLException {
    World.execute(
        "CREATE SCHEMA checked",
        "CREATE TABLE checked.good (id int PRIMARY KEY)",
        "CREATE TABLE checked.keyless (id int)",
        "CREATE TABLE checked.alike (id int PRIMARY KEY, \"Name\" text, name text)",
        "CREATE UNLOGGED TABLE checked.unlogged (id int PRIMARY KEY)",
        "CREATE TABLE checked.root (id int) PARTITION BY RANGE (id)",
        "CREATE TABLE checked.leaf PARTITION OF checked.root FOR VALUES FROM (0) TO (100)",
        "ALTER TABLE checked.root REPLICA IDENTITY FULL");
  }

  @Test
  void a_table_with_a_key_is_fine() {
    assertThatCode(() -> check("good")).doesNotThrowAnyException();
  }

  @Test
  void a_table_whose_updates_the_publication_would_break_is_refused_with_the_remedy() {
    assertThatThrownBy(() -> check("keyless"))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("ALTER TABLE \"checked\".\"keyless\" REPLICA IDENTITY FULL");
  }

  @Test
  void of_a_partitioned_table_the_leaves_count() {
    assertThatThrownBy(() -> check("root"))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("\"leaf\"");
  }

  @Test
  void what_is_missing_or_not_in_the_wal_is_refused() {
    assertThatThrownBy(() -> check("missing")).isInstanceOf(RefusedException.class);
    assertThatThrownBy(() -> check("unlogged")).isInstanceOf(RefusedException.class);
  }

  @Test
  void columns_that_differ_by_case_alone_are_refused_by_name() {
    assertThatThrownBy(() -> check("alike"))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("Name and name")
        .hasMessageContaining("rename one of them");
  }

  @Test
  void ingest_waits_for_the_operator_and_leaves_the_applications_table_alone() throws Exception {
    World world = new World("refused", "checked.keyless");
    try (CdcIngest ingest = world.ingest()) {
      ingest.start();
      await().until(() -> ingest.readiness().reason().startsWith("a table cannot be captured"));
      World.execute("INSERT INTO checked.keyless VALUES (1)", "UPDATE checked.keyless SET id = 2");
      World.execute("ALTER TABLE checked.keyless REPLICA IDENTITY FULL");
      World.awaitReady(ingest);
      World.execute("ALTER TABLE checked.keyless REPLICA IDENTITY DEFAULT");
    }
    World.execute("DROP PUBLICATION cachetide_refused");
  }

  private static void check(String table) throws Exception {
    try (Connection connection = World.sandbox().postgres().connect()) {
      TableCheck.run(connection, List.of(new TableName("checked", table)));
    }
  }
}
