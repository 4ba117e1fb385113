package dev.cachetide.invalidation;

import dev.cachetide.runtime.postgres.PostgresConnector;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The row of {@code cachetide.generation} that is about the whole pipeline. Reading keeps a
 * connection, on which no answer may take longer than it would be of use.
 */
final class GenerationTable implements GenerationWatch.Source {

  private static final Logger log = LoggerFactory.getLogger(GenerationTable.class);
  private static final int PATIENCE_MILLIS = 2_000;
  private static final String READ_ONLY_SQL_TRANSACTION = "25006";
  private static final String CURRENT =
      "SELECT pg_is_in_recovery(), (SELECT generation FROM cachetide.generation"
          + " WHERE pipeline = ? AND scope = '*')";
  private static final String BUMP =
      "INSERT INTO cachetide.generation AS g (pipeline, scope, generation, reason, bumped_at)"
          + " VALUES (?, '*', 1, ?, now()) ON CONFLICT (pipeline, scope) DO UPDATE"
          + " SET generation = g.generation + 1, reason = excluded.reason, bumped_at = now()";

  private final PostgresConnector postgres;
  private final String pipeline;
  private @Nullable Connection connection;
  private boolean closed;

  GenerationTable(PostgresConnector postgres, String pipeline) {
    this.postgres = postgres;
    this.pipeline = pipeline;
  }

  /** Makes everything cached so far old, over a connection that stays the caller's. */
  static void bump(Connection connection, String pipeline, String reason) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(BUMP)) {
      statement.setString(1, pipeline);
      statement.setString(2, reason);
      statement.executeUpdate();
    }
  }

  @Override
  public synchronized long current() throws SQLException {
    try (PreparedStatement statement = connected().prepareStatement(CURRENT)) {
      statement.setString(1, pipeline);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        if (row.getBoolean(1)) {
          throw new SQLException("this server is a standby", READ_ONLY_SQL_TRANSACTION);
        }
        return row.getLong(2);
      }
    } catch (SQLException e) {
      disconnect();
      throw e;
    }
  }

  /** Over a connection of its own: the kept one may be waiting for an answer. */
  @Override
  public void bump(String reason) throws SQLException {
    try (Connection other = postgres.connect()) {
      bump(other, pipeline, reason);
    }
  }

  private Connection connected() throws SQLException {
    if (closed) {
      throw new SQLException("closed");
    }
    Connection open = connection;
    if (open == null) {
      open = postgres.connect();
      open.setNetworkTimeout(Runnable::run, PATIENCE_MILLIS);
      connection = open;
    }
    return open;
  }

  @Override
  public synchronized void close() {
    closed = true;
    disconnect();
  }

  private void disconnect() {
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        // It is given up in any case, and held no transaction.
        log.atDebug().setCause(e).log("connection did not close");
      }
      connection = null;
    }
  }
}
