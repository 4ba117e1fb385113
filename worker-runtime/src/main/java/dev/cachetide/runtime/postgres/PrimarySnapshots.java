package dev.cachetide.runtime.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes snapshots on the primary over one connection, which is opened when needed. */
final class PrimarySnapshots implements VisibilityGate.SnapshotSource {

  private static final Logger log = LoggerFactory.getLogger(PrimarySnapshots.class);

  /** The position is taken after the snapshot, so at or behind each commit that this sees. */
  private static final String SQL =
      "SELECT pg_is_in_recovery(), pg_current_snapshot()::text,"
          + " CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn()::text END";

  private static final String READ_ONLY_SQL_TRANSACTION = "25006";

  private final PostgresConnector connector;
  private @Nullable Connection connection;
  private @Nullable PreparedStatement statement;

  PrimarySnapshots(PostgresConnector connector) {
    this.connector = connector;
  }

  @Override
  public Snapshot current() throws SQLException {
    try (ResultSet result = statement().executeQuery()) {
      result.next();
      if (result.getBoolean(1)) {
        throw new SQLException("this server is a standby", READ_ONLY_SQL_TRANSACTION);
      }
      return Snapshot.parse(result.getString(2)).at(result.getString(3));
    }
  }

  @Override
  public void close() {
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        // It is given up in any case, and held no transaction.
        log.atDebug().setCause(e).log("connection did not close");
      }
    }
    connection = null;
    statement = null;
  }

  private PreparedStatement statement() throws SQLException {
    if (statement == null) {
      connection = connector.connect();
      statement = connection.prepareStatement(SQL);
    }
    return statement;
  }
}
