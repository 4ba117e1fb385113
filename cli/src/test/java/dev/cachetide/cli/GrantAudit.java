package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.sandbox.SandboxPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Holds each grant of some roles against the statements that they have sent, by the server's log:
 * it takes the grant away, and looks whether Postgres then refuses one of them.
 */
final class GrantAudit implements AutoCloseable {

  private static final String DENIED = "42501";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SandboxPostgres postgres;
  private final Connection connection;
  private final Statement statement;

  GrantAudit(SandboxPostgres postgres) throws SQLException {
    this.postgres = postgres;
    // A statement with parameters that have no value can only be explained as a simple query.
    connection =
        DriverManager.getConnection(
            postgres.jdbcUrl() + "?preferQueryMode=simple", postgres.user(), postgres.password());
    statement = connection.createStatement();
  }

  /** What the server has to log for this. */
  static SandboxPostgres.Builder logging(SandboxPostgres.Builder postgres) {
    return postgres
        .setting("logging_collector", "on")
        .setting("log_destination", "jsonlog")
        .setting("log_directory", "log")
        .setting("log_filename", "statements.log")
        .setting("log_rotation_age", "0")
        .setting("log_rotation_size", "0")
        .setting("log_statement", "all");
  }

  /** The grants that no statement needs; all others are there again afterwards. */
  List<String> needless(Collection<String> roles) throws SQLException, IOException {
    List<String> needless = new ArrayList<>();
    for (String role : roles) {
      List<String> sent = sent(role);
      List<Grant> grants = grants(role);
      assertThat(grants).as("grants of %s", role).hasSizeGreaterThan(8);
      for (Grant grant : grants) {
        statement.execute("REVOKE " + grant + " FROM " + role);
        if (refused(role, sent).isEmpty()) {
          needless.add(grant + " to " + role);
        }
        statement.execute("GRANT " + grant + " TO " + role);
        assertThat(refused(role, sent)).as("with %s", grant).isEmpty();
      }
    }
    return needless;
  }

  /** Whether a statement needs what a change of a role takes away, and the other gives back. */
  void needs(String role, String without, String with, String sql) throws SQLException {
    statement.execute("ALTER ROLE " + role + " " + without);
    assertThat(refusal(role, sql)).containsIgnoringCase(with);
    statement.execute("ALTER ROLE " + role + " " + with);
    assertThat(refusal(role, sql)).isEmpty();
  }

  /** What Postgres says to the first statement that it refuses; empty when it refuses none. */
  private String refused(String role, List<String> sent) throws SQLException {
    for (String sql : sent) {
      String refusal = refusal(role, "EXPLAIN (GENERIC_PLAN) " + sql);
      if (!refusal.isEmpty()) {
        assertThat(refusal).startsWith("ERROR: permission denied for ");
        return refusal;
      }
    }
    return "";
  }

  private String refusal(String role, String sql) throws SQLException {
    statement.execute("SET ROLE " + role);
    try {
      statement.execute(sql);
      return "";
    } catch (SQLException e) {
      return DENIED.equals(e.getSQLState()) ? String.valueOf(e.getMessage()) : "";
    } finally {
      statement.execute("RESET ROLE");
    }
  }

  /** The distinct statements of a role that Postgres can plan. */
  private List<String> sent(String role) throws IOException {
    Set<String> sent = new TreeSet<>();
    try (Stream<Path> files = Files.walk(postgres.directory())) {
      Path log = files.filter(file -> file.endsWith("statements.json")).findFirst().orElseThrow();
      for (String line : Files.readAllLines(log, StandardCharsets.UTF_8)) {
        JsonNode entry = JSON.readTree(line);
        String message = entry.path("message").asText();
        if (entry.path("user").asText().equals(role)
            && message.matches("(?s)(execute|statement).*")) {
          String sql = message.substring(message.indexOf(": ") + 2).strip();
          if (sql.matches("(?s)[(]?(SELECT|INSERT|UPDATE|DELETE|WITH)\\b.*")) {
            sent.add(sql);
          }
        }
      }
    }
    return List.copyOf(sent);
  }

  private List<Grant> grants(String role) throws SQLException {
    String sql =
        """
        SELECT a.privilege_type, c.oid::regclass::text
          FROM pg_class c, aclexplode(c.relacl) a WHERE a.grantee = '%1$s'::regrole
        UNION ALL
        SELECT a.privilege_type, 'SCHEMA ' || n.nspname
          FROM pg_namespace n, aclexplode(n.nspacl) a WHERE a.grantee = '%1$s'::regrole
         ORDER BY 2, 1
        """
            .formatted(role);
    List<Grant> grants = new ArrayList<>();
    try (ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        grants.add(new Grant(row.getString(1), row.getString(2)));
      }
    }
    return grants;
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }

  /** A privilege on something. */
  private record Grant(String privilege, String object) {
    @Override
    public String toString() {
      return privilege + " ON " + object;
    }
  }
}
