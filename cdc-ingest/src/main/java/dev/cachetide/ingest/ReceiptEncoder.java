package dev.cachetide.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.cachetide.runtime.postgres.Snapshot;
import dev.cachetide.wire.BatchReceipt;
import dev.cachetide.wire.BatchReceipt.Rejection;
import dev.cachetide.wire.BatchReceiptCodec;
import dev.cachetide.wire.BatchReceiptCodec.MalformedReceiptException;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.InvalidationCodec;
import dev.cachetide.wire.PipelineNames;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

/**
 * Turns a row of {@code cachetide.receipt} into the records that tell of it: the receipt, in
 * stretches where it is too long for one record, and a request to evict each key under which a
 * writer shows what Postgres will never have. No row change would take such a value away.
 *
 * <p>The requests come first: who learns that a write was refused finds the request on its way.
 */
final class ReceiptEncoder {

  /** Brokers and producers refuse more than a mebibyte by default. */
  private static final int LARGEST_VALUE = 900_000;

  private final PipelineNames names;

  ReceiptEncoder(PipelineNames names) {
    this.names = names;
  }

  /**
   * The records, in order.
   *
   * @param snapshot that the transaction is visible in, with a position behind its commit
   */
  List<ProducerRecord<byte[], byte[]>> encode(ChangeEvent event, @Nullable Snapshot snapshot) {
    Struct row = ((Struct) event.record().value()).getStruct("after");
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (Object key : array(row, "withdrawn")) {
      records.add(request(String.valueOf(key), event));
    }
    BatchReceipt receipt = receipt(row, snapshot == null ? null : snapshot.position());
    for (byte[] value : BatchReceiptCodec.encode(receipt, LARGEST_VALUE)) {
      records.add(
          new ProducerRecord<>(
              names.receiptTopic(), 0, BatchReceiptCodec.recordKey(receipt), value));
    }
    return records;
  }

  private ProducerRecord<byte[], byte[]> request(String key, ChangeEvent event) {
    return new ProducerRecord<>(
        names.invalidationTopic(),
        key.getBytes(UTF_8),
        InvalidationCodec.encode(new Invalidation.Key(key), event.committedMicros() / 1_000));
  }

  private static BatchReceipt receipt(Struct row, @Nullable String lsn) {
    String superseded = row.getString("superseded");
    return new BatchReceipt(
        row.getString("topic"),
        row.getString("topic_id"),
        row.getInt32("partition"),
        row.getInt64("first_offset"),
        row.getInt64("next_offset"),
        row.getInt64("xid"),
        lsn,
        row.getString("committed_at"),
        superseded == null ? new BitSet() : BitSet.valueOf(HexFormat.of().parseHex(superseded)),
        rejections(row.getString("rejected")));
  }

  private static List<Rejection> rejections(@Nullable String json) {
    try {
      return json == null ? List.of() : BatchReceiptCodec.rejections(json);
    } catch (MalformedReceiptException e) {
      throw new IllegalStateException("cachetide.receipt holds what no worker has written", e);
    }
  }

  private static List<?> array(Struct row, String column) {
    List<?> elements = row.getArray(column);
    return elements == null ? List.of() : elements;
  }
}
