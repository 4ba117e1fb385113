package dev.cachetide.writebehind;

import dev.cachetide.wire.BatchReceipt.Rejection;
import dev.cachetide.wire.BatchReceiptCodec;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/**
 * {@code cachetide.receipt}: what became of the commands of each transaction.
 *
 * <p>Written by the transaction itself, so it is there if and only if they took effect. Ingest
 * publishes the rows, which it tells from old ones by their transaction's id: a row that an
 * operator's reset of the offsets brings about again replaces the one from before.
 */
final class ReceiptTable {

  private static final String INSERT =
      "INSERT INTO cachetide.receipt (\"group\", topic, partition, topic_id, first_offset,"
          + " next_offset, xid, superseded, rejected, withdrawn)"
          + " SELECT \"group\", topic, partition, topic_id, ?, next_offset,"
          + " pg_current_xact_id()::text::bigint, ?, ?::jsonb, ? FROM cachetide.consumer_offset"
          + " WHERE \"group\" = ? AND topic = ? AND partition = ?"
          + " ON CONFLICT (\"group\", topic, partition, topic_id, next_offset) DO UPDATE SET"
          + " first_offset = excluded.first_offset, xid = excluded.xid,"
          + " superseded = excluded.superseded, rejected = excluded.rejected,"
          + " withdrawn = excluded.withdrawn, committed_at = excluded.committed_at";

  private final String group;

  ReceiptTable(String group) {
    this.group = group;
  }

  /** Writes the row of a transaction whose guard has moved the offset. */
  void insert(Connection connection, TopicPartition partition, Row row) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setLong(1, row.first());
      insert.setBytes(2, row.superseded().isEmpty() ? null : row.superseded().toByteArray());
      insert.setString(
          3, row.rejected().isEmpty() ? null : BatchReceiptCodec.encode(row.rejected()));
      insert.setArray(
          4,
          row.withdrawn().isEmpty()
              ? null
              : connection.createArrayOf("text", row.withdrawn().toArray()));
      insert.setString(5, group);
      insert.setString(6, partition.topic());
      insert.setInt(7, partition.partition());
      if (insert.executeUpdate() != 1) {
        throw new IllegalStateException("the offset that the guard has moved is gone");
      }
    }
  }

  /**
   * What a transaction did.
   *
   * @param first the first offset that it covers
   * @param superseded offsets, counted from there
   * @param rejected by rising offset
   * @param withdrawn keys in Redis under which writers show what Postgres will never tell of
   */
  record Row(long first, BitSet superseded, List<Rejection> rejected, List<String> withdrawn) {}
}
