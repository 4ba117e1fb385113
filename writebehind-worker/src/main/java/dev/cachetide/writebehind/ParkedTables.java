package dev.cachetide.writebehind;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * {@code cachetide.dead_letter} and {@code cachetide.conflict}: write commands set aside, each with
 * its reason or with the version that it lost to.
 */
final class ParkedTables {

  private static final String INSERT =
      "INSERT INTO cachetide.%s (\"group\", topic, partition, record_offset, write_id, table_name,"
          + " command, traceparent, %s) SELECT ?, ?, ?, * FROM unnest(?::bigint[], ?::text[],"
          + " ?::text[], ?::bytea[], ?::text[], %s)";
  private static final String DEAD_LETTER =
      INSERT.formatted("dead_letter", "reason, sqlstate", "?::text[], ?::text[]");
  private static final String CONFLICT = INSERT.formatted("conflict", "found", "?::text[]");

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
      insert.setString(1, group);
      insert.setString(2, partition.topic());
      insert.setInt(3, partition.partition());
      Arrays arrays = new Arrays(connection, insert, parked);
      arrays.set(4, "bigint", new Long[0], ParkedCommand::offset);
      arrays.set(5, "text", new String[0], ParkedCommand::writeId);
      arrays.set(6, "text", new String[0], ParkedCommand::table);
      arrays.set(7, "bytea", new byte[0][], ParkedCommand::bytes);
      arrays.set(8, "text", new String[0], ParkedCommand::traceparent);
      if (conflict) {
        arrays.set(9, "text", new String[0], ParkedCommand::found);
      } else {
        arrays.set(9, "text", new String[0], ParkedCommand::reason);
        arrays.set(10, "text", new String[0], ParkedCommand::sqlState);
      }
      insert.executeUpdate();
    }
  }

  /** An array for each column. */
  private record Arrays(
      Connection connection, PreparedStatement insert, List<ParkedCommand> parked) {

    /**
     * @param none an array of the elements' very type, which the driver sends in binary
     */
    <T> void set(int place, String type, T[] none, Function<ParkedCommand, @Nullable T> column)
        throws SQLException {
      T[] values = parked.stream().map(column).toList().toArray(none);
      insert.setArray(place, connection.createArrayOf(type, values));
    }
  }
}
