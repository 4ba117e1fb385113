package dev.cachetide.writebehind;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;

/**
 * {@code cachetide.write_id}: the names of the write commands that have had their effect.
 *
 * <p>A name is taken in the transaction that applies its command. A transaction of another
 * partition that wants the same name waits for that one's end; all take theirs in one order and
 * before they lock any row, so they do not wait in a circle.
 */
final class WriteIdTable {

  private static final String TAKE =
      "INSERT INTO cachetide.write_id (\"group\", id, topic, partition, record_offset)"
          + " SELECT ?, u.id, ?, ?, u.n FROM unnest(?::text[], ?::bigint[]) AS u(id, n)"
          + " ON CONFLICT (\"group\", id) DO NOTHING RETURNING id";
  private static final String GIVE_BACK =
      "DELETE FROM cachetide.write_id WHERE \"group\" = ? AND id = ANY (?::text[])";

  private final String group;

  WriteIdTable(String group) {
    this.group = group;
  }

  /**
   * Takes names.
   *
   * @param offsets of the commands, by name
   * @return the names that nobody had taken before
   */
  Set<String> take(Connection connection, TopicPartition partition, SortedMap<String, Long> offsets)
      throws SQLException {
    Set<String> taken = new TreeSet<>();
    try (PreparedStatement insert = connection.prepareStatement(TAKE)) {
      insert.setString(1, group);
      insert.setString(2, partition.topic());
      insert.setInt(3, partition.partition());
      insert.setArray(4, connection.createArrayOf("text", offsets.keySet().toArray()));
      insert.setArray(5, connection.createArrayOf("bigint", offsets.values().toArray()));
      try (ResultSet ids = insert.executeQuery()) {
        while (ids.next()) {
          taken.add(ids.getString(1));
        }
      }
    }
    return taken;
  }

  /** Gives names back whose commands have had no effect, so that they may be tried again. */
  void giveBack(Connection connection, Collection<String> ids) throws SQLException {
    try (PreparedStatement delete = connection.prepareStatement(GIVE_BACK)) {
      delete.setString(1, group);
      delete.setArray(2, connection.createArrayOf("text", ids.toArray()));
      delete.executeUpdate();
    }
  }
}
