package dev.cachetide.ingest;

import dev.cachetide.ingest.EventTrimmer.Trimmed;
import dev.cachetide.runtime.postgres.Snapshot;
import dev.cachetide.wire.Headers;
import dev.cachetide.wire.PipelineNames;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/** Turns change events into Kafka records: the standard envelope as JSON without schemas. */
final class EventEncoder {

  private static final Map<String, String> WITHOUT_SCHEMAS =
      Map.of("schemas.enable", "false", "schemas.cache.size", "1024");

  /** Brokers and producers refuse more than a mebibyte by default; headers and key need room. */
  private static final int LARGEST_VALUE = 900_000;

  /** Characters of a value: a row has up to 1600 columns, a character up to six bytes in JSON. */
  private static final int[] KEPT_LENGTHS = {3_000, 300, 60};

  private final PipelineNames names;
  private final IngestMeters meters;
  private final ReceiptEncoder receipts;
  private final JsonConverter keys = new JsonConverter();
  private final JsonConverter values = new JsonConverter();

  EventEncoder(PipelineNames names, IngestMeters meters) {
    this.names = names;
    this.meters = meters;
    receipts = new ReceiptEncoder(names);
    keys.configure(WITHOUT_SCHEMAS, true);
    values.configure(WITHOUT_SCHEMAS, false);
  }

  /**
   * The records, in order.
   *
   * @param early whether some transaction of the batch cannot be seen yet; receipts, which promise
   *     that, are left out then
   * @param snapshot to widen transaction ids with; without one the header with the id is left out
   * @param partitions how many each topic has
   */
  List<ProducerRecord<byte[], byte[]>> encode(
      Batch batch, boolean early, @Nullable Snapshot snapshot, Partitions partitions) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>(batch.events().size());
    for (ChangeEvent event : batch.events()) {
      String topic = names.changeTopic(event.table().schema(), event.table().table());
      switch (event.route()) {
        case BY_KEY -> records.add(record(event, topic, null, snapshot));
        case FIRST_PARTITION -> records.add(record(event, topic, 0, snapshot));
        case RECEIPT -> records.addAll(early ? List.of() : receipts.encode(event, snapshot));
        case EVERY_PARTITION -> {
          for (int partition = 0; partition < partitions.of(topic); partition++) {
            records.add(record(event, topic, partition, snapshot));
          }
        }
      }
    }
    if (early) {
      records.forEach(record -> addHeader(record, Headers.EARLY, "1"));
    }
    return records;
  }

  private ProducerRecord<byte[], byte[]> record(
      ChangeEvent event, String topic, @Nullable Integer partition, @Nullable Snapshot snapshot) {
    SourceRecord source = event.record();
    Value value = value(topic, source);
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, partition, key(topic, source), value.bytes());
    value.trimmed().forEach(column -> addHeader(record, Headers.TRIMMED, column));
    if (snapshot != null && event.xid() != ChangeEvent.NO_XID) {
      addHeader(record, Headers.XID, Long.toString(snapshot.widen(event.xid())));
    }
    if (event.xid() != ChangeEvent.NO_XID) {
      addHeader(record, Headers.COMMITTED, Long.toString(event.committedMicros()));
    }
    addHeader(record, Headers.TRANSACTION_ORDER, Long.toString(event.order()));
    if (event.echo() != null) {
      addHeader(record, Headers.ECHO, event.echo());
    }
    return record;
  }

  private byte @Nullable [] key(String topic, SourceRecord source) {
    return source.key() == null
        ? null
        : keys.fromConnectData(topic, source.keySchema(), source.key());
  }

  private Value value(String topic, SourceRecord source) {
    Value value = new Value(bytes(topic, source, source.value()), Set.of());
    if (value.isTooLarge() && source.value() instanceof Struct envelope) {
      meters.trimmed();
      for (int i = 0; i < KEPT_LENGTHS.length && value.isTooLarge(); i++) {
        Trimmed trimmed = EventTrimmer.trim(envelope, KEPT_LENGTHS[i]);
        value = new Value(bytes(topic, source, trimmed.envelope()), trimmed.columns());
      }
    }
    return value;
  }

  private byte[] bytes(String topic, SourceRecord source, Object envelope) {
    return values.fromConnectData(topic, source.valueSchema(), envelope);
  }

  private static void addHeader(ProducerRecord<byte[], byte[]> record, String name, String value) {
    record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Value(byte[] bytes, Set<String> trimmed) {

    boolean isTooLarge() {
      return bytes.length > LARGEST_VALUE;
    }
  }

  /** How many partitions topics have. */
  interface Partitions {

    /** At least 1. */
    int of(String topic);
  }
}
