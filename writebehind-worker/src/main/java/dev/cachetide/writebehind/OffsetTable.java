package dev.cachetide.writebehind;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;

/**
 * {@code cachetide.consumer_offset}: how far each partition has been applied, and by whom.
 *
 * <p>It moves in the transactions that apply the records, so record and offset take effect together
 * or not at all. The {@linkplain #guard guard} comes first in each of them and holds the row's lock
 * to the end: two workers that both believe they own a partition take turns, and the one with the
 * older epoch touches no row.
 */
final class OffsetTable {

  /** Where an added partition stands while it waits for the older ones. */
  static final long NOT_BEGUN = -1;

  private static final String ROW = " WHERE \"group\" = ? AND topic = ? AND partition = ?";
  private static final String INSERT =
      "INSERT INTO cachetide.consumer_offset"
          + " (\"group\", topic, partition, topic_id, epoch, next_offset, owner)"
          + " VALUES (?, ?, ?, ?, 0, ?, ?) ON CONFLICT (\"group\", topic, partition) DO NOTHING";
  private static final String KNOWN =
      "SELECT partition, next_offset FROM cachetide.consumer_offset"
          + " WHERE \"group\" = ? AND topic = ? AND topic_id = ?";
  private static final String CLAIM =
      "UPDATE cachetide.consumer_offset SET epoch = epoch + 1, owner = ?"
          + ROW
          + " RETURNING epoch, next_offset, topic_id";
  private static final String GUARD =
      "UPDATE cachetide.consumer_offset SET next_offset = ?"
          + ROW
          + " AND epoch = ? AND next_offset = ?";
  private static final String READ =
      "SELECT epoch, next_offset FROM cachetide.consumer_offset" + ROW;
  private static final String RESTART =
      "UPDATE cachetide.consumer_offset SET topic_id = ?, next_offset = ?" + ROW;
  private static final List<String> RENAME_PARKED =
      List.of(
          "UPDATE cachetide.dead_letter SET topic = topic || '@' || ?" + ROW,
          "UPDATE cachetide.conflict SET topic = topic || '@' || ?" + ROW);

  private final String group;
  private final String owner;

  /** Works for one member of a consumer group; {@code owner} is for the operator to read. */
  OffsetTable(String group, String owner) {
    this.group = group;
    this.owner = owner;
  }

  /**
   * How far each partition of this topic was applied; {@link #NOT_BEGUN} for one that was added and
   * waits. A topic that is seen for the first time becomes known with all the partitions that it
   * has, each to begin at its log's start: any other is an addition.
   */
  Map<TopicPartition, Long> known(
      Connection connection, String topic, Map<TopicPartition, PartitionLog> logs)
      throws SQLException {
    if (logs.isEmpty()) {
      return Map.of();
    }
    String topicId = logs.values().iterator().next().topicId();
    Map<TopicPartition, Long> known = known(connection, topic, topicId);
    if (!known.isEmpty()) {
      return known;
    }
    SortedMap<TopicPartition, PartitionLog> inOrder = new TreeMap<>(Claims.ORDER);
    inOrder.putAll(logs);
    for (var entry : inOrder.entrySet()) {
      insert(connection, entry.getKey(), entry.getValue(), entry.getValue().start());
    }
    return known(connection, topic, topicId);
  }

  private Map<TopicPartition, Long> known(Connection connection, String topic, String topicId)
      throws SQLException {
    Map<TopicPartition, Long> known = new HashMap<>();
    try (PreparedStatement select = connection.prepareStatement(KNOWN)) {
      select.setString(1, group);
      select.setString(2, topic);
      select.setString(3, topicId);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          known.put(new TopicPartition(topic, row.getInt(1)), row.getLong(2));
        }
      }
    }
    return known;
  }

  private void insert(
      Connection connection, TopicPartition partition, PartitionLog log, long nextOffset)
      throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      row(insert, 1, partition);
      insert.setString(4, log.topicId());
      insert.setLong(5, nextOffset);
      insert.setString(6, owner);
      insert.executeUpdate();
    }
  }

  /**
   * Takes a partition over: from now on no other claim can commit. One that is not {@linkplain
   * #known known} has {@linkplain #NOT_BEGUN not begun}; one whose topic was made anew starts at
   * its log's start, for its offsets mean other records now.
   */
  Claimed claim(Connection connection, TopicPartition partition, PartitionLog log)
      throws SQLException {
    insert(connection, partition, log, NOT_BEGUN);
    try (PreparedStatement update = connection.prepareStatement(CLAIM)) {
      update.setString(1, owner);
      row(update, 2, partition);
      try (ResultSet row = update.executeQuery()) {
        if (!row.next()) {
          throw new IllegalStateException("the row that was just inserted is gone");
        }
        Claim claim = new Claim(row.getLong(1), row.getLong(2));
        String topicId = row.getString(3);
        return Objects.equals(topicId, log.topicId())
            ? new Claimed(claim, false)
            : restarted(connection, partition, log, claim, topicId);
      }
    }
  }

  private Claimed restarted(
      Connection connection, TopicPartition partition, PartitionLog log, Claim claim, String before)
      throws SQLException {
    if (before != null) {
      // keeps what was parked of the old topic apart from the new one's, whose offsets begin again
      for (String sql : RENAME_PARKED) {
        try (PreparedStatement rename = connection.prepareStatement(sql)) {
          rename.setString(1, before);
          row(rename, 2, partition);
          rename.executeUpdate();
        }
      }
    }
    long next = before == null ? claim.nextOffset() : log.start();
    try (PreparedStatement restart = connection.prepareStatement(RESTART)) {
      restart.setString(1, log.topicId());
      restart.setLong(2, next);
      row(restart, 3, partition);
      restart.executeUpdate();
    }
    return new Claimed(new Claim(claim.epoch(), next), before != null);
  }

  /**
   * Moves the offset, if the claim still holds and nothing was applied since. Must be the first
   * statement of the transaction.
   *
   * @return false when the claim is not current; nothing was changed then
   */
  boolean guard(Connection connection, TopicPartition partition, Claim claim, long nextOffset)
      throws SQLException {
    try (PreparedStatement guard = connection.prepareStatement(GUARD)) {
      guard.setLong(1, nextOffset);
      row(guard, 2, partition);
      guard.setLong(5, claim.epoch());
      guard.setLong(6, claim.nextOffset());
      return guard.executeUpdate() == 1;
    }
  }

  /** What stands there now. */
  Claim read(Connection connection, TopicPartition partition) throws SQLException {
    try (PreparedStatement read = connection.prepareStatement(READ)) {
      row(read, 1, partition);
      try (ResultSet row = read.executeQuery()) {
        // a row that somebody deleted is nobody's claim
        return row.next() ? new Claim(row.getLong(1), row.getLong(2)) : new Claim(-1, -1);
      }
    }
  }

  private void row(PreparedStatement statement, int from, TopicPartition partition)
      throws SQLException {
    statement.setString(from, group);
    statement.setString(from + 1, partition.topic());
    statement.setInt(from + 2, partition.partition());
  }

  /**
   * A claim that was taken.
   *
   * @param topicRecreated the topic was made anew, so that the offsets begin again
   */
  record Claimed(Claim claim, boolean topicRecreated) {}
}
