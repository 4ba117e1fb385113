package dev.cachetide.writebehind;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/**
 * {@code cachetide.dead_letter} and {@code cachetide.conflict}: write commands set aside, each with
 * its reason or with the version that it lost to.
 */
final class ParkedTables {

  private static final String DEAD_LETTER =
      "INSERT INTO cachetide.dead_letter (\"group\", topic, partition, record_offset, write_id,"
          + " table_name, command, traceparent, reason, sqlstate)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  private static final String CONFLICT =
      "INSERT INTO cachetide.conflict (\"group\", topic, partition, record_offset, write_id,"
          + " table_name, command, traceparent, found) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private final String group;

  ParkedTables(String group) {
    this.group = group;
  }

  void insert(Connection connection, TopicPartition partition, List<ParkedCommand> parked)
      throws SQLException {
    for (ParkedCommand.Fate fate : ParkedCommand.Fate.values()) {
      List<ParkedCommand> some = parked.stream().filter(p -> p.fate() == fate).toList();
      if (!some.isEmpty()) {
        insert(connection, partition, fate, some);
      }
    }
  }

  private void insert(
      Connection connection,
      TopicPartition partition,
      ParkedCommand.Fate fate,
      List<ParkedCommand> parked)
      throws SQLException {
    boolean conflict = fate == ParkedCommand.Fate.CONFLICT;
    try (PreparedStatement insert =
        connection.prepareStatement(conflict ? CONFLICT : DEAD_LETTER)) {
      for (ParkedCommand command : parked) {
        insert.setString(1, group);
        insert.setString(2, partition.topic());
        insert.setInt(3, partition.partition());
        insert.setLong(4, command.offset());
        insert.setString(5, command.writeId());
        insert.setString(6, command.table());
        insert.setBytes(7, command.bytes());
        insert.setString(8, command.traceparent());
        if (conflict) {
          insert.setString(9, command.found());
        } else {
          insert.setString(9, command.reason());
          insert.setString(10, command.sqlState());
        }
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }
}
