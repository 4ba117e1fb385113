package dev.cachetide.writebehind;

import dev.cachetide.wire.WriteCommand;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record that is not applied but recorded as a dead letter.
 *
 * @param writeId the writer's own name for it; null when it has none or cannot be read
 * @param table null when it cannot be read
 * @param bytes the record's value; null when it has none
 * @param reason for the table, never for a log
 * @param sqlState null when Postgres raised no error
 */
@SuppressWarnings("ArrayRecordComponent") // only carried to the table, never compared
record ParkedCommand(
    long offset,
    @Nullable String writeId,
    @Nullable String table,
    byte @Nullable [] bytes,
    String reason,
    @Nullable String sqlState) {

  private static final int MAX_REASON = 600;

  /** Cuts a reason that a long name has made too long. */
  ParkedCommand {
    reason = reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) + "…" : reason;
  }

  static ParkedCommand malformed(ConsumerRecord<byte[], byte[]> record, String reason) {
    return new ParkedCommand(record.offset(), null, null, record.value(), reason, null);
  }

  static ParkedCommand refused(
      ConsumerRecord<byte[], byte[]> record,
      WriteCommand command,
      String reason,
      @Nullable String sqlState) {
    return new ParkedCommand(
        record.offset(),
        command.id(),
        command.table().toString(),
        record.value(),
        reason,
        sqlState);
  }
}
