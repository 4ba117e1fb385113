package dev.cachetide.writebehind;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.cachetide.wire.Headers;
import dev.cachetide.wire.Traceparent;
import dev.cachetide.wire.WriteCommand;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * A record that is not applied but recorded, as a dead letter or as a conflict.
 *
 * @param writeId the writer's own name for it; null when it has none or cannot be read
 * @param table null when it cannot be read
 * @param bytes the record's value; null when it has none
 * @param reason for the table, never for a log
 * @param sqlState null when Postgres raised no error
 * @param found of a conflict: text of the version that the row had; null when there was no row
 * @param shown the key in Redis at which the writer shows the value; null for none
 * @param traceparent the span that the writer published it in; null when it was in none
 */
@SuppressWarnings("ArrayRecordComponent") // only carried to the table, never compared
record ParkedCommand(
    Fate fate,
    long offset,
    @Nullable String writeId,
    @Nullable String table,
    byte @Nullable [] bytes,
    String reason,
    @Nullable String sqlState,
    @Nullable String found,
    @Nullable String shown,
    @Nullable String traceparent) {

  /** Why it is not applied. */
  enum Fate {
    /** It is no command, or its table or Postgres will not take it. */
    REJECTED,
    /** Its row no longer had the version that the writer had seen. */
    CONFLICT
  }

  private static final int MAX_REASON = 600;

  /** Cuts a reason that a long name has made too long. */
  ParkedCommand {
    reason = reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) + "…" : reason;
  }

  static ParkedCommand malformed(ConsumerRecord<byte[], byte[]> record, String reason) {
    return new ParkedCommand(
        Fate.REJECTED,
        record.offset(),
        null,
        null,
        record.value(),
        reason,
        null,
        null,
        shown(record),
        Traceparent.of(record.headers()));
  }

  static ParkedCommand refused(
      ConsumerRecord<byte[], byte[]> record,
      WriteCommand command,
      String reason,
      @Nullable String sqlState) {
    return of(Fate.REJECTED, record, command, reason, sqlState, null);
  }

  static ParkedCommand conflict(
      ConsumerRecord<byte[], byte[]> record, WriteCommand command, @Nullable String found) {
    String reason = found == null ? "row does not exist" : "row has another version";
    return of(Fate.CONFLICT, record, command, reason, null, found);
  }

  /** The key at which a record's writer shows its value; null when it shows none. */
  static @Nullable String shown(ConsumerRecord<byte[], byte[]> record) {
    Header header = record.headers().lastHeader(Headers.SHOWN);
    return header == null || header.value() == null ? null : new String(header.value(), UTF_8);
  }

  private static ParkedCommand of(
      Fate fate,
      ConsumerRecord<byte[], byte[]> record,
      WriteCommand command,
      String reason,
      @Nullable String sqlState,
      @Nullable String found) {
    return new ParkedCommand(
        fate,
        record.offset(),
        command.id(),
        command.table().toString(),
        record.value(),
        reason,
        sqlState,
        found,
        shown(record),
        Traceparent.of(record.headers()));
  }
}
