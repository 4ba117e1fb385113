package dev.cachetide.benchmarks.writes;

import dev.cachetide.sandbox.SandboxPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** Commands that are in memory already, written in the ways that JDBC offers. */
final class FromMemory {

  private static final String UPSERT =
      "INSERT INTO bench (id, name, price, stock) VALUES (?, ?, ?, ?)" + Row.ON_CONFLICT;

  private final SandboxPostgres postgres;
  private final int batchRows;

  /** Each transaction but COPY's one holds {@code batchRows} commands. */
  FromMemory(SandboxPostgres postgres, int batchRows) {
    this.postgres = postgres;
    this.batchRows = batchRows;
  }

  /** Writes the first so many commands; answers the nanoseconds that it took, connected before. */
  long run(Contender contender, Workload workload, int commands) throws SQLException, IOException {
    String url = postgres.jdbcUrl() + "?reWriteBatchedInserts=true";
    try (Connection connection =
        DriverManager.getConnection(url, postgres.user(), postgres.password())) {
      long started = System.nanoTime();
      switch (contender) {
        case COPY -> copy(connection, workload, commands);
        case UNNEST -> unnest(connection, workload, commands);
        case MULTI_ROW -> multiRow(connection, workload, commands);
        case ROW_BY_ROW -> rowByRow(connection, workload, commands);
        default -> throw new IllegalArgumentException(contender + " does not read from memory");
      }
      return System.nanoTime() - started;
    }
  }

  private static void copy(Connection connection, Workload workload, int commands)
      throws SQLException, IOException {
    CopyIn copy =
        connection
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyIn("COPY bench (id, name, price, stock) FROM STDIN");
    for (int i = 0; i < commands; i++) {
      Row row = workload.row(i);
      String line = row.id() + "\t" + row.name() + "\t" + row.price() + "\t" + row.stock() + "\n";
      byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
      copy.writeToCopy(bytes, 0, bytes.length);
    }
    copy.endCopy();
  }

  private void unnest(Connection connection, Workload workload, int commands) throws SQLException {
    connection.setAutoCommit(false);
    try (Unnest upsert = new Unnest(connection)) {
      for (int from = 0; from < commands; from += batchRows) {
        upsert.write(batch(workload, from, Math.min(commands, from + batchRows)));
        connection.commit();
      }
    }
  }

  private void multiRow(Connection connection, Workload workload, int commands)
      throws SQLException {
    connection.setAutoCommit(false);
    try (PreparedStatement upsert = connection.prepareStatement(UPSERT)) {
      for (int from = 0; from < commands; from += batchRows) {
        for (Row row : batch(workload, from, Math.min(commands, from + batchRows))) {
          bind(upsert, row);
          upsert.addBatch();
        }
        upsert.executeBatch();
        connection.commit();
      }
    }
  }

  private static void rowByRow(Connection connection, Workload workload, int commands)
      throws SQLException {
    try (PreparedStatement upsert = connection.prepareStatement(UPSERT)) {
      for (int i = 0; i < commands; i++) {
        bind(upsert, workload.row(i));
        upsert.executeUpdate();
      }
    }
  }

  /** The last command of each row: one statement cannot write a row twice. */
  private static Collection<Row> batch(Workload workload, int from, int to) {
    Map<Long, Row> rows = new LinkedHashMap<>();
    for (int i = from; i < to; i++) {
      Row row = workload.row(i);
      rows.put(row.id(), row);
    }
    return rows.values();
  }

  private static void bind(PreparedStatement upsert, Row row) throws SQLException {
    upsert.setLong(1, row.id());
    upsert.setString(2, row.name());
    upsert.setBigDecimal(3, row.price());
    upsert.setInt(4, row.stock());
  }
}
