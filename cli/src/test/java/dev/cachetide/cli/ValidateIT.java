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
}
