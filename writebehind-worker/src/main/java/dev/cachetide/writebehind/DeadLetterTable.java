package dev.cachetide.writebehind;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/** {@code cachetide.dead_letter}: write commands set aside, each with its reason. */
final class DeadLetterTable {

  private static final String INSERT =
      "INSERT INTO cachetide.dead_letter (\"group\", topic, partition, record_offset, write_id,"
          + " table_name, command, reason, sqlstate) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private final String group;

  DeadLetterTable(String group) {
    this.group = group;
  }

  void insert(Connection connection, TopicPartition partition, List<ParkedCommand> parked)
      throws SQLException {
    if (parked.isEmpty()) {
      return;
    }
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      for (ParkedCommand command : parked) {
        insert.setString(1, group);
        insert.setString(2, partition.topic());
        insert.setInt(3, partition.partition());
        insert.setLong(4, command.offset());
        insert.setString(5, command.writeId());
        insert.setString(6, command.table());
        insert.setBytes(7, command.bytes());
        insert.setString(8, command.reason());
        insert.setString(9, command.sqlState());
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }
}
