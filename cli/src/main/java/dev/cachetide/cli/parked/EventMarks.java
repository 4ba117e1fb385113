package dev.cachetide.cli.parked;

import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.writebehind.ParkedWrite.State;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * {@code cachetide.event_dead_letter}: what was done about the records of a dead-letter topic,
 * which itself cannot be marked. A row names the topic by its id too: one that was deleted and made
 * anew holds other records at the same offsets.
 */
final class EventMarks {

  private static final String EXISTS =
      "SELECT to_regclass('cachetide.event_dead_letter') IS NOT NULL";
  private static final String ALL =
      "SELECT partition, record_offset, state, resolved_at FROM cachetide.event_dead_letter"
          + " WHERE topic = ? AND topic_id = ?";
  private static final String ONE = ALL + " AND partition = ? AND record_offset = ?";
  private static final String COUNT =
      "SELECT count(*) FROM cachetide.event_dead_letter AS m"
          + " JOIN unnest(?::integer[], ?::bigint[]) AS held (partition, first)"
          + " ON m.partition = held.partition AND m.record_offset >= held.first"
          + " WHERE m.topic = ? AND m.topic_id = ?";
  private static final String MARK =
      "INSERT INTO cachetide.event_dead_letter (topic, topic_id, partition, record_offset, state)"
          + " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
  private static final String GONE =
      "DELETE FROM cachetide.event_dead_letter WHERE topic = ?"
          + " AND (topic_id <> ? OR partition = ? AND record_offset < ?)";

  private final PostgresConnector postgres;

  EventMarks(PostgresConnector postgres) {
    this.postgres = postgres;
  }

  /** Every mark of a topic. */
  Map<LetterId.Event, Mark> all(String topic, String topicId) throws SQLException {
    Map<LetterId.Event, Mark> marks = new HashMap<>();
    try (Connection connection = postgres.connect()) {
      if (exists(connection)) {
        try (PreparedStatement select = connection.prepareStatement(ALL)) {
          select.setString(1, topic);
          select.setString(2, topicId);
          try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
              marks.put(new LetterId.Event(row.getInt(1), row.getLong(2)), mark(row));
            }
          }
        }
      }
    }
    return marks;
  }

  /**
   * How many records that a topic still holds are marked.
   *
   * @param firsts the first offset that each partition still holds
   */
  long count(String topic, String topicId, Map<Integer, Long> firsts) throws SQLException {
    try (Connection connection = postgres.connect()) {
      return exists(connection) ? count(connection, topic, topicId, firsts) : 0;
    }
  }

  private static long count(
      Connection connection, String topic, String topicId, Map<Integer, Long> firsts)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(COUNT)) {
      select.setArray(1, connection.createArrayOf("integer", firsts.keySet().toArray()));
      select.setArray(2, connection.createArrayOf("bigint", firsts.values().toArray()));
      select.setString(3, topic);
      select.setString(4, topicId);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  /** The mark of one record; empty while it is parked. */
  Optional<Mark> of(String topic, String topicId, LetterId.Event id) throws SQLException {
    try (Connection connection = postgres.connect()) {
      return exists(connection) ? of(connection, topic, topicId, id) : Optional.empty();
    }
  }

  /**
   * Marks a record and does something about it, both or none; a second one who comes meanwhile
   * waits and then sees the mark. Marks of records that are gone are removed on the way.
   *
   * @param first the first offset that the partition still holds
   * @throws LetterException when it was marked before, or {@code step} refuses
   */
  <T> T resolving(
      TopicPartition at, String topicId, long first, LetterId.Event id, State state, Step<T> step)
      throws SQLException, LetterException, InterruptedException {
    try (Connection connection = postgres.connect()) {
      CachetideSchema.install(connection);
      connection.setAutoCommit(false);
      remove(connection, at, topicId, first);
      if (!mark(connection, at.topic(), topicId, id, state)) {
        throw new LetterException(
            of(connection, at.topic(), topicId, id)
                .map(mark -> "was " + mark.state().name().toLowerCase(Locale.ROOT))
                .orElse("was resolved by somebody else"));
      }
      T result = step.run();
      connection.commit();
      return result;
    }
  }

  private static boolean mark(
      Connection connection, String topic, String topicId, LetterId.Event id, State state)
      throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(MARK)) {
      insert.setString(1, topic);
      insert.setString(2, topicId);
      insert.setInt(3, id.partition());
      insert.setLong(4, id.offset());
      insert.setString(5, state.name().toLowerCase(Locale.ROOT));
      return insert.executeUpdate() == 1;
    }
  }

  private static void remove(Connection connection, TopicPartition at, String topicId, long first)
      throws SQLException {
    try (PreparedStatement delete = connection.prepareStatement(GONE)) {
      delete.setString(1, at.topic());
      delete.setString(2, topicId);
      delete.setInt(3, at.partition());
      delete.setLong(4, first);
      delete.executeUpdate();
    }
  }

  private static Optional<Mark> of(
      Connection connection, String topic, String topicId, LetterId.Event id) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(ONE)) {
      select.setString(1, topic);
      select.setString(2, topicId);
      select.setInt(3, id.partition());
      select.setLong(4, id.offset());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(mark(row)) : Optional.empty();
      }
    }
  }

  private static Mark mark(ResultSet row) throws SQLException {
    return new Mark(
        State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
        row.getTimestamp("resolved_at").toInstant());
  }

  private static boolean exists(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(EXISTS)) {
      row.next();
      return row.getBoolean(1);
    }
  }

  /** What was done about a record. */
  record Mark(State state, Instant at) {}

  /** Something to do within the transaction that marks; whatever it throws leaves no mark. */
  interface Step<T> {
    T run() throws LetterException, InterruptedException;
  }
}
