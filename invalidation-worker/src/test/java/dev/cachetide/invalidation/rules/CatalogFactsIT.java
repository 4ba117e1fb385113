package dev.cachetide.invalidation.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.sandbox.SandboxPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a real Postgres says, and does, about what rules rely on. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class CatalogFactsIT {

  private static final String PUBLICATION = "cachetide_shop";

  private SandboxPostgres postgres;

  @BeforeAll
  void start() throws SQLException {
    postgres = SandboxPostgres.builder().start();
    execute(
        "CREATE TABLE parts (id int PRIMARY KEY, email text) PARTITION BY RANGE (id)",
        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100)",
        "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (200)"
            + " PARTITION BY RANGE (id)",
        "CREATE TABLE parts_2a PARTITION OF parts_2 FOR VALUES FROM (100) TO (200)",
        "ALTER TABLE parts REPLICA IDENTITY FULL",
        "ALTER TABLE parts_2a REPLICA IDENTITY FULL",
        "CREATE TABLE users (id int PRIMARY KEY, email text,"
            + " lower_email text GENERATED ALWAYS AS (lower(email)) STORED)",
        "ALTER TABLE users REPLICA IDENTITY FULL");
  }

  @AfterAll
  void stop() {
    postgres.close();
  }

  /** Why {@link RuleCatalogCheck} asks the leaves: the root says FULL, and one leaf DEFAULT. */
  @Test
  void the_old_row_of_a_partitioned_table_is_told_as_its_leaf_logs_it() throws Exception {
    execute(
        "CREATE PUBLICATION leaves FOR TABLE parts WITH (publish_via_partition_root = true)",
        "SELECT pg_create_logical_replication_slot('leaves', 'pgoutput')",
        "INSERT INTO parts VALUES (1, 'silent-old'), (101, 'told-old')",
        "UPDATE parts SET email = 'silent-new' WHERE id = 1",
        "UPDATE parts SET email = 'told-new' WHERE id = 101");

    List<String> updates = updates();

    assertThat(updates).hasSize(2);
    assertThat(updates.get(0)).contains("silent-new").doesNotContain("silent-old");
    assertThat(updates.get(1)).contains("told-new", "told-old");
  }

  private List<String> updates() throws SQLException {
    String sql =
        "SELECT encode(data, 'escape') FROM pg_logical_slot_get_binary_changes('leaves', NULL,"
            + " NULL, 'proto_version', '1', 'publication_names', 'leaves')"
            + " WHERE get_byte(data, 0) = ascii('U')";
    List<String> updates = new ArrayList<>();
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        updates.add(row.getString(1));
      }
    }
    return updates;
  }

  @Test
  void the_leaves_that_do_not_tell_are_named() throws Exception {
    assertThat(problems("parts", "part:{email}"))
        .extracting(Problem::fix)
        .containsExactly("ALTER TABLE \"public\".\"parts_1\" REPLICA IDENTITY FULL;");
    assertThat(problems("parts", "part:{id}")).isEmpty();
  }

  @Test
  void a_generated_column_is_refused_with_and_without_a_publication() throws Exception {
    assertThat(problems("users", "user:{lower_email}")).hasSize(1);
    publishing("users", () -> assertThat(problems("users", "user:{lower_email}")).hasSize(1));
  }

  @Test
  void a_publication_of_whole_tables_is_no_problem() throws Exception {
    publishing("users", () -> assertThat(problems("users", "user:{email}")).isEmpty());
  }

  @Test
  void a_column_list_is_refused() throws Exception {
    execute("ALTER TABLE users REPLICA IDENTITY DEFAULT");
    try {
      publishing(
          "users (id)",
          () ->
              assertThat(problems("users", "user:{email}"))
                  .extracting(Problem::message)
                  .allSatisfy(message -> assertThat(message).contains("does not publish email"))
                  .hasSize(1));
    } finally {
      execute("ALTER TABLE users REPLICA IDENTITY FULL");
    }
  }

  @Test
  void a_row_filter_is_refused() throws Exception {
    publishing(
        "users WHERE (id > 5)",
        () ->
            assertThat(problems("users", "user:{id}"))
                .extracting(Problem::message)
                .allSatisfy(message -> assertThat(message).contains("leaves out rows"))
                .hasSize(1));
  }

  private void publishing(String tables, Check check) throws Exception {
    execute("CREATE PUBLICATION " + PUBLICATION + " FOR TABLE " + tables);
    try {
      check.run();
    } finally {
      execute("DROP PUBLICATION " + PUBLICATION);
    }
  }

  private List<Problem> problems(String table, String template) throws SQLException {
    RuleSet rules =
        ((RuleSet.Result.Compiled)
                RuleSet.compile(
                    "file",
                    List.of(
                        new RuleSettings(
                            "rules[0]",
                            table,
                            "public",
                            table,
                            List.of(
                                new RuleSettings.EvictSettings(
                                    "rules[0].evict[0].key", template))))))
            .rules();
    try (Connection connection = postgres.connect()) {
      return RuleCatalogCheck.problems(
          "file", rules, new CatalogFactsQuery(connection).load(rules, PUBLICATION));
    }
  }

  private void execute(String... statements) throws SQLException {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private interface Check {
    void run() throws Exception;
  }
}
