package dev.cachetide.invalidation;

import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.runtime.postgres.PostgresConnector;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which starts of Redis were last known to hold nothing stale, in {@code cachetide.redis_identity}.
 * It is kept in Postgres because a Redis that is restored from an old snapshot would restore its
 * own note as well.
 */
final class RedisIdentity implements Evictor.Certificates {

  private static final String SELECT =
      "SELECT run_id FROM cachetide.redis_identity WHERE pipeline = ?";
  private static final String FORGET = "DELETE FROM cachetide.redis_identity WHERE pipeline = ?";
  private static final String NOTE =
      "INSERT INTO cachetide.redis_identity (pipeline, node, run_id, certified_at)"
          + " VALUES (?, ?, ?, now()) ON CONFLICT (pipeline, node)"
          + " DO UPDATE SET run_id = excluded.run_id, certified_at = now()";

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
  public Set<String> certified() throws SQLException {
    try (Connection connection = postgres.connect()) {
      CachetideSchema.install(connection);
      return runIds(connection, SELECT);
    }
  }

  @Override
  public void certify(Set<String> runIds) throws SQLException {
    try (Connection connection = postgres.connect()) {
      connection.setAutoCommit(false);
      Set<String> before = runIds(connection, SELECT + " ORDER BY node FOR UPDATE");
      if (!before.isEmpty() && !before.containsAll(runIds)) {
        // With the note or not at all: a start that is certified has its new generation.
        GenerationTable.bump(connection, pipeline, "redis-start");
      }
      note(connection, runIds);
      connection.commit();
    }
  }

  /** A server that no longer holds keys is forgotten: should it hold some again, it is another. */
  private void note(Connection connection, Set<String> runIds) throws SQLException {
    try (PreparedStatement forget = connection.prepareStatement(FORGET);
        PreparedStatement note = connection.prepareStatement(NOTE)) {
      forget.setString(1, pipeline);
      forget.executeUpdate();
      for (String runId : new TreeSet<>(runIds)) {
        note.setString(1, pipeline);
        note.setString(2, runIds.size() == 1 ? node : node + "#" + runId);
        note.setString(3, runId);
        note.executeUpdate();
      }
    }
  }

  private Set<String> runIds(Connection connection, String sql) throws SQLException {
    Set<String> runIds = new TreeSet<>();
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setString(1, pipeline);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          runIds.add(row.getString(1));
        }
      }
    }
    return runIds;
  }
}
