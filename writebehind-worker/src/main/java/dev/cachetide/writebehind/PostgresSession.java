package dev.cachetide.writebehind;

import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PostgresSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection of the worker's, opened when it is needed and opened anew after a failure.
 *
 * <p>A transaction of a worker that hangs or is cut off would keep its rows, and the partition's
 * offset, locked: so Postgres itself ends any that stands idle for the socket timeout. Confined to
 * one thread.
 */
final class PostgresSession implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(PostgresSession.class);
  private static final Duration LONGEST_QUESTION = Duration.ofSeconds(1);

  private final PostgresConnector connector;
  private final Duration longestAnswer;
  private final boolean transactions;
  private @Nullable Connection open;

  private PostgresSession(
      PostgresSettings settings, String name, Duration longestAnswer, boolean transactions) {
    this.connector = new PostgresConnector(settings, name);
    this.longestAnswer = longestAnswer;
    this.transactions = transactions;
  }

  /** One that writes, without autocommit. */
  static PostgresSession ofTransactions(PostgresSettings settings) {
    return new PostgresSession(settings, "cachetide write-behind", settings.socketTimeout(), true);
  }

  /** One that only asks, each question by itself, and takes no long time for an answer. */
  static PostgresSession ofQuestions(PostgresSettings settings) {
    Duration limit = settings.socketTimeout();
    Duration longest = limit.compareTo(LONGEST_QUESTION) < 0 ? limit : LONGEST_QUESTION;
    return new PostgresSession(settings, "cachetide write-behind-ahead", longest, false);
  }

  /** The connection, outside any transaction. */
  Connection connection() throws SQLException {
    if (open == null) {
      open = connect();
    }
    return open;
  }

  /** Gives the connection up, with whatever transaction it is in. */
  void discard() {
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        // it failed before or would now; Postgres rolls back what a closed connection leaves
        log.atDebug().setCause(e).log("connection could not be closed in order");
      }
      open = null;
    }
  }

  @Override
  public void close() {
    discard();
  }

  private Connection connect() throws SQLException {
    Connection connection = connector.connect();
    try {
      limit(connection);
      connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      connection.setAutoCommit(!transactions);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private void limit(Connection connection) throws SQLException {
    long millis = longestAnswer.toMillis();
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET idle_in_transaction_session_timeout = " + millis);
      // the server gives up before the socket does, so that it is not left working on
      statement.execute("SET statement_timeout = " + Math.max(1, millis - millis / 10));
    }
  }
}
