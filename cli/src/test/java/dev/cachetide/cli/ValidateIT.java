package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.sandbox.SandboxPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ValidateIT {

  private static final String USERS =
      """
      rules:
        - name: users
          source: { table: users }
          evict: [ { key: "user:{id}" } ]
      """;

  @TempDir private Path directory;

  @Test
  void rules_and_writes_are_checked_against_the_live_catalogue() throws Exception {
    try (SandboxPostgres postgres = SandboxPostgres.builder().start()) {
      try (Connection connection = postgres.connect();
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE users (id int PRIMARY KEY, email text)");
        statement.execute("CREATE UNLOGGED TABLE sessions (id int PRIMARY KEY)");
      }
      Path file =
          Files.writeString(
              directory.resolve("shop.yaml"),
              """
              pipeline: shop
              postgres: { url: "%s", user: "%s" }
              rules:
                - name: users
                  source: { schema: public, table: users }
                  evict: [ { key: "user:{id}" }, { key: "user:email:{email}" }, { key: "user:{emial}" } ]
                - name: sessions
                  source: { schema: public, table: sessions }
                  evict: [ { key: "session:{id}" } ]
                - name: carts
                  source: { schema: public, table: carts }
                  evict: [ { key: "cart:{id}" } ]
              writes:
                - table: public.users
                  key: [uid]
              """
                  .formatted(postgres.jdbcUrl(), postgres.user()));

      Invocation validate = Invocation.of("validate", "--config", file.toString());

      assertThat(validate.exitCode()).isEqualTo(2);
      assertThat(validate.out())
          .contains("shop.yaml: rules[0].evict[1].key")
          .contains("ALTER TABLE \"public\".\"users\" REPLICA IDENTITY FULL;")
          .contains("shop.yaml: rules[0].evict[2].key")
          .contains("email")
          .contains("shop.yaml: rules[1]")
          .contains("unlogged")
          .contains("shop.yaml: rules[2]")
          .contains("carts")
          .contains("shop.yaml: writes[0]")
          .contains("uid");
    }
  }

  @Test
  void what_stops_a_role_from_capturing_is_found_on_the_live_database() throws Exception {
    try (SandboxPostgres postgres =
        SandboxPostgres.builder().setting("max_replication_slots", "1").start()) {
      execute(
          postgres,
          "CREATE TABLE users (id int PRIMARY KEY)",
          "CREATE ROLE app LOGIN PASSWORD 'app'",
          "GRANT SELECT ON users TO app",
          "SELECT pg_create_logical_replication_slot('other', 'pgoutput')");

      Invocation poor = Invocation.of("validate", "-c", file(postgres, "app", USERS));

      assertThat(poor.exitCode()).as(poor.out()).isEqualTo(2);
      assertThat(poor.out())
          .contains("the role app may not replicate")
          .contains("ALTER ROLE \"app\" REPLICATION;")
          .contains("all 1 replication slots are taken")
          .contains("the publication cachetide_shop is missing, and the role app")
          .contains("does not own public.users")
          .contains("CREATE PUBLICATION \"cachetide_shop\" FOR ALL TABLES")
          .contains("3 problems");

      execute(
          postgres,
          "SELECT pg_drop_replication_slot('other')",
          "ALTER ROLE app REPLICATION",
          "CREATE PUBLICATION cachetide_shop FOR ALL TABLES WITH"
              + " (publish_via_partition_root = true)");
      Invocation prepared = Invocation.of("validate", "-c", file(postgres, "app", USERS));

      assertThat(prepared.exitCode()).as(prepared.out() + prepared.err()).isZero();
    }
  }

  @Test
  void a_wal_without_rows_and_a_table_in_no_publication_are_found() throws Exception {
    try (SandboxPostgres postgres =
        SandboxPostgres.builder().setting("wal_level", "replica").start()) {
      execute(postgres, "CREATE TABLE users (id int PRIMARY KEY)");

      Invocation validate =
          Invocation.of(
              "validate",
              "-c",
              file(postgres, postgres.user(), "invalidation: { source: debezium }\n" + USERS));

      assertThat(validate.exitCode()).isEqualTo(2);
      assertThat(validate.out())
          .contains("wal_level is replica")
          .contains("ALTER SYSTEM SET wal_level = logical;")
          .contains("no publication tells the changes of public.users")
          .contains("2 problems");
    }
  }

  @Test
  void a_column_whose_text_readers_may_write_otherwise_is_a_note_and_no_problem() throws Exception {
    try (SandboxPostgres postgres = SandboxPostgres.builder().start()) {
      execute(
          postgres,
          "CREATE TABLE places (id int, height float8, seen timestamptz, doc jsonb,"
              + " PRIMARY KEY (id, height, seen))",
          "ALTER TABLE places REPLICA IDENTITY FULL");
      String rules =
          """
          rules:
            - name: places
              source: { table: places }
              evict: [ { key: "h:{height}" }, { key: "s:{seen}" }, { key: "d:{doc}" }, { key: "day:{seen|date:yyyy-MM-dd}" } ]
          """;

      Invocation validate = Invocation.of("validate", "-c", file(postgres, postgres.user(), rules));

      assertThat(validate.exitCode()).as(validate.out()).isZero();
      assertThat(validate.out().lines().filter(line -> line.startsWith("note: "))).hasSize(3);
      assertThat(validate.out()).contains("no problems").contains("digits of a float");
    }
  }

  private String file(SandboxPostgres postgres, String user, String rest) throws Exception {
    return Files.writeString(
            directory.resolve("live.yaml"),
            "pipeline: shop\npostgres: { url: \"%s\", user: \"%s\", password: \"%s\" }\n"
                    .formatted(postgres.jdbcUrl(), user, user)
                + rest)
        .toString();
  }

  private static void execute(SandboxPostgres postgres, String... statements) throws Exception {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }
}
