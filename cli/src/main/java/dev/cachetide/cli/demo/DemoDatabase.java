package dev.cachetide.cli.demo;

import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGConnection;

/** Postgres as the demo's application sees it. One connection, autocommit. */
final class DemoDatabase implements AutoCloseable {

  private final Connection connection;

  DemoDatabase(String url, String user) throws SQLException {
    connection = DriverManager.getConnection(url, user, "");
  }

  /** Runs statements in one transaction and returns the {@link System#nanoTime} of its commit. */
  long commit(String... statements) throws SQLException {
    run(statements);
    connection.commit();
    long committed = System.nanoTime();
    connection.setAutoCommit(true);
    return committed;
  }

  /** Runs statements in one transaction and takes them back. */
  void rollback(String... statements) throws SQLException {
    run(statements);
    connection.rollback();
    connection.setAutoCommit(true);
  }

  private void run(String... statements) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** COPYs text rows into a table and returns the {@link System#nanoTime} of the commit. */
  long copy(String intoClause, String rows) throws SQLException, IOException {
    connection
        .unwrap(PGConnection.class)
        .getCopyAPI()
        .copyIn("COPY " + intoClause + " FROM STDIN", new StringReader(rows));
    return System.nanoTime();
  }

  /** The single number that a query returns. */
  long number(String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      result.next();
      return result.getLong(1);
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
