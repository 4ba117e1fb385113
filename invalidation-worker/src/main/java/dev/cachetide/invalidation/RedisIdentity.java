package dev.cachetide.invalidation;

import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.runtime.postgres.PostgresConnector;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Which start of Redis was last known to hold nothing stale, in {@code cachetide.redis_identity}.
 * It is kept in Postgres because a Redis that is restored from an old snapshot would restore its
 * own note as well.
 */
final class RedisIdentity implements Evictor.Certificates {

  private static final String SELECT =
      "SELECT run_id FROM cachetide.redis_identity WHERE pipeline = ? AND node = ?";

  private final PostgresConnector postgres;
  private final String pipeline;
  private final String node;

  /**
   * @param node which Redis, as its address without credentials
   */
  RedisIdentity(PostgresConnector postgres, String pipeline, String node) {
    this.postgres = postgres;
    this.pipeline = pipeline;
    this.node = node;
  }

  @Override
  public Optional<String> certified() throws SQLException {
    try (Connection connection = postgres.connect()) {
      CachetideSchema.install(connection);
      try (PreparedStatement select = connection.prepareStatement(SELECT)) {
        return runId(select);
      }
    }
  }

  @Override
  public void certify(String runId) throws SQLException {
    try (Connection connection = postgres.connect()) {
      connection.setAutoCommit(false);
      Optional<String> before = before(connection);
      if (before.isPresent() && !before.get().equals(runId)) {
        // With the note or not at all: a start that is certified has its new generation.
        GenerationTable.bump(connection, pipeline, "redis-start");
      }
      note(connection, runId);
      connection.commit();
    }
  }

  private Optional<String> before(Connection connection) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(SELECT + " FOR UPDATE")) {
      return runId(select);
    }
  }

  private void note(Connection connection, String runId) throws SQLException {
    try (PreparedStatement upsert =
        connection.prepareStatement(
            "INSERT INTO cachetide.redis_identity (pipeline, node, run_id, certified_at)"
                + " VALUES (?, ?, ?, now()) ON CONFLICT (pipeline, node)"
                + " DO UPDATE SET run_id = excluded.run_id, certified_at = now()")) {
      upsert.setString(1, pipeline);
      upsert.setString(2, node);
      upsert.setString(3, runId);
      upsert.executeUpdate();
    }
  }

  private Optional<String> runId(PreparedStatement select) throws SQLException {
    select.setString(1, pipeline);
    select.setString(2, node);
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
    }
  }
}
