package dev.cachetide.invalidation;

import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.runtime.postgres.PostgresConnector;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * By which rules each partition was read last, in {@code cachetide.applied_rules}. In Postgres
 * because a Redis may lose it or bring an old one back.
 */
final class RuleLedger implements RuleChange.Ledger {

  private static final String SELECT =
      "SELECT topic, partition, fingerprint FROM cachetide.applied_rules WHERE pipeline = ?";
  private static final String ANY =
      "SELECT EXISTS (SELECT FROM cachetide.applied_rules WHERE pipeline = ?)"
          + " OR EXISTS (SELECT FROM cachetide.redis_identity WHERE pipeline = ?)";
  private static final String NOTE =
      "INSERT INTO cachetide.applied_rules (pipeline, topic, partition, fingerprint, noted_at)"
          + " SELECT ?, t, p, f, now()"
          + " FROM unnest(?::text[], ?::integer[], ?::text[]) AS noted(t, p, f)"
          + " ON CONFLICT (pipeline, topic, partition)"
          + " DO UPDATE SET fingerprint = excluded.fingerprint, noted_at = now()";

  private final PostgresConnector postgres;
  private final String pipeline;

  RuleLedger(PostgresConnector postgres, String pipeline) {
    this.postgres = postgres;
    this.pipeline = pipeline;
  }

  @Override
  public Map<TopicPartition, String> noted() throws SQLException {
    Map<TopicPartition, String> noted = new HashMap<>();
    try (Connection connection = connected();
        PreparedStatement statement = connection.prepareStatement(SELECT)) {
      statement.setString(1, pipeline);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          noted.put(new TopicPartition(row.getString(1), row.getInt(2)), row.getString(3));
        }
      }
    }
    return noted;
  }

  @Override
  public void note(Map<TopicPartition, String> fingerprints) throws SQLException {
    try (Connection connection = connected()) {
      note(connection, fingerprints);
    }
  }

  @Override
  public void bump() throws SQLException {
    try (Connection connection = connected()) {
      bump(connection);
    }
  }

  @Override
  public void bumpAndNote(Map<TopicPartition, String> fingerprints) throws SQLException {
    try (Connection connection = connected()) {
      connection.setAutoCommit(false);
      bump(connection);
      note(connection, fingerprints);
      connection.commit();
    }
  }

  private void note(Connection connection, Map<TopicPartition, String> fingerprints)
      throws SQLException {
    List<String> topics = new ArrayList<>();
    List<Integer> partitions = new ArrayList<>();
    List<String> each = new ArrayList<>();
    fingerprints.forEach(
        (partition, fingerprint) -> {
          topics.add(partition.topic());
          partitions.add(partition.partition());
          each.add(fingerprint);
        });
    try (PreparedStatement statement = connection.prepareStatement(NOTE)) {
      statement.setString(1, pipeline);
      statement.setArray(2, connection.createArrayOf("text", topics.toArray()));
      statement.setArray(3, connection.createArrayOf("integer", partitions.toArray()));
      statement.setArray(4, connection.createArrayOf("text", each.toArray()));
      statement.executeUpdate();
    }
  }

  /** A pipeline that never invalidated anything has no clients that trust its entries. */
  private void bump(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(ANY)) {
      statement.setString(1, pipeline);
      statement.setString(2, pipeline);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        if (row.getBoolean(1)) {
          GenerationTable.bump(connection, pipeline, "rules-changed");
        }
      }
    }
  }

  private Connection connected() throws SQLException {
    Connection connection = postgres.connect();
    try {
      CachetideSchema.install(connection);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }
}
