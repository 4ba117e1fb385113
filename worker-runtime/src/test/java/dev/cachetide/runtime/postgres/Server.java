package dev.cachetide.runtime.postgres;

import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.sandbox.SandboxPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;

/** A real Postgres for one test class. */
final class Server implements AutoCloseable {

  private final SandboxPostgres postgres = SandboxPostgres.builder().start();

  PostgresConnector connector() {
    return new PostgresConnector(
        new PostgresSettings(
            postgres.jdbcUrl(),
            postgres.user(),
            postgres.password(),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Map.of()),
        "cachetide-test");
  }

  PostgresConnector connector(String user) {
    return new PostgresConnector(
        new PostgresSettings(
            postgres.jdbcUrl(),
            user,
            null,
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Map.of()),
        "cachetide-test");
  }

  SandboxPostgres postgres() {
    return postgres;
  }

  void execute(String... statements) throws SQLException {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  String one(String sql) throws SQLException {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return String.valueOf(result.getString(1));
    }
  }

  @Override
  public void close() {
    postgres.close();
  }
}
