package dev.cachetide.system.race;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.cachetide.sandbox.SandboxPostgres;
import dev.cachetide.system.race.CacheUnderTest.Row;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Twenty rows with a version each, which every commit to a row raises by one. */
final class HotRows implements AutoCloseable {

  static final int COUNT = 20;
  static final String SCHEMA = "public";
  static final String TABLE = "hot";

  private final HikariDataSource pool;

  HotRows(SandboxPostgres postgres) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(postgres.jdbcUrl());
    config.setUsername(postgres.user());
    config.setPassword(postgres.password());
    config.setMaximumPoolSize(40);
    config.setMinimumIdle(4);
    pool = new HikariDataSource(config);
    run(
        "CREATE TABLE IF NOT EXISTS hot (id int PRIMARY KEY, version bigint NOT NULL)",
        "INSERT INTO hot SELECT i, 0 FROM generate_series(0, "
            + (COUNT - 1)
            + ") i ON CONFLICT DO NOTHING");
  }

  /** Returns when the commit is acknowledged, and so visible. */
  void increment(int id) {
    try (Connection connection = pool.getConnection();
        PreparedStatement update =
            connection.prepareStatement("UPDATE hot SET version = version + 1 WHERE id = ?")) {
      update.setInt(1, id);
      update.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * One READ COMMITTED transaction in one round trip. The position is read first, so that the row
   * is at least as new as the position can promise.
   */
  Row load(int id) {
    try (Connection connection = pool.getConnection();
        PreparedStatement select =
            connection.prepareStatement(
                "SELECT pg_current_wal_insert_lsn() - '0/0'; SELECT version FROM hot WHERE id = ?")) {
      select.setInt(1, id);
      select.execute();
      long lsn = number(select);
      select.getMoreResults();
      return new Row(number(select), lsn);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long number(PreparedStatement statement) throws SQLException {
    try (ResultSet result = statement.getResultSet()) {
      result.next();
      return result.getLong(1);
    }
  }

  /** What every reader sees from now on at the least, by id. */
  long[] versions() {
    long[] versions = new long[COUNT];
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT id, version FROM hot")) {
      while (rows.next()) {
        versions[rows.getInt(1)] = rows.getLong(2);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return versions;
  }

  /** One after another, each in a transaction of its own. */
  void run(String... statements) {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The first column of the first row, as text. */
  String ask(String sql) {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      return result.next() ? String.valueOf(result.getString(1)) : "";
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
