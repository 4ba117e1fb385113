package dev.cachetide.writebehind;

import dev.cachetide.sandbox.SandboxPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A test's own view of Postgres, in autocommit mode. */
final class Database implements AutoCloseable {

  private final Connection connection;

  Database(SandboxPostgres postgres) throws SQLException {
    this(postgres.connect());
  }

  /** Closes the connection with itself. */
  Database(Connection connection) {
    this.connection = connection;
  }

  Connection connection() {
    return connection;
  }

  void run(String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** Each row as its columns' texts joined by {@code |}. */
  List<String> rows(String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      int columns = result.getMetaData().getColumnCount();
      while (result.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= columns; i++) {
          row.add(String.valueOf(result.getString(i)));
        }
        rows.add(String.join("|", row));
      }
    }
    return rows;
  }

  String one(String sql) throws SQLException {
    return rows(sql).get(0);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
