package dev.cachetide.system;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cachetide.sandbox.SandboxPostgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A few rows of some tables that have two columns each: {@code written}, which is raised through
 * Kafka, and {@code changed}, which others raise by SQL. As text {@code written/changed}.
 */
final class DirtyRows implements AutoCloseable {

  static final int ROWS = 8;

  /** The last ones are written through Kafka by several, in an order that only the log knows. */
  static final int OWNED = 6;

  /** No fault befalls the connections of that name. */
  static final String APPLICATION = "dirty-test";

  private final HikariDataSource pool;

  DirtyRows(SandboxPostgres postgres, Iterable<String> tables) throws SQLException {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(postgres.jdbcUrl());
    config.setUsername(postgres.user());
    config.setPassword(postgres.password());
    config.setMaximumPoolSize(12);
    config.addDataSourceProperty("ApplicationName", APPLICATION);
    pool = new HikariDataSource(config);
    for (String table : tables) {
      run(
          "CREATE TABLE %s (id int PRIMARY KEY, written bigint NOT NULL, changed bigint NOT NULL)"
              .formatted(table));
      run("INSERT INTO %s SELECT i, 0, 0 FROM generate_series(0, %d) i".formatted(table, ROWS - 1));
    }
  }

  Connection connect() throws SQLException {
    return pool.getConnection();
  }

  /** What a reader of the primary sees now. */
  String load(String table, int id) {
    try (Connection connection = connect();
        PreparedStatement select =
            connection.prepareStatement(
                "SELECT written || '/' || changed FROM " + table + " WHERE id = ?")) {
      select.setInt(1, id);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getString(1);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** How many write commands are done with. */
  long done() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery(
                "SELECT coalesce(sum(next_offset), 0) FROM cachetide.consumer_offset")) {
      result.next();
      return result.getLong(1);
    }
  }

  private void run(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static long written(String text) {
    return Long.parseLong(text.substring(0, text.indexOf('/')));
  }

  static String withWritten(String text, long written) {
    return written + text.substring(text.indexOf('/'));
  }

  @Override
  public void close() {
    pool.close();
  }
}
