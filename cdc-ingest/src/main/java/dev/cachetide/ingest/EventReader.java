package dev.cachetide.ingest;

import dev.cachetide.ingest.ChangeEvent.Route;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Reads the engine's records: which are row changes, whose, and which are Cachetide's own signals.
 *
 * <p>Rows of {@code consumer_offset} are read here and go no further. Heartbeats go on to the
 * workers, which tell by them how far behind the cache is. Holds the state of the transaction at
 * hand, so one reader serves one run of the engine.
 */
final class EventReader {

  private static final String TRUNCATE = "t";

  private final PipelineNames names;
  private final TransactionTracker transaction = new TransactionTracker();

  EventReader(PipelineNames names) {
    this.names = names;
  }

  Batch read(List<SourceRecord> records) {
    List<ChangeEvent> events = new ArrayList<>(records.size());
    Set<Long> xids = new LinkedHashSet<>();
    List<Long> commitMicros = new ArrayList<>();
    long lastBeat = 0;
    for (SourceRecord record : records) {
      // Anything else the engine might say is no row change.
      if (record.value() instanceof Struct envelope && envelope.schema().field("source") != null) {
        Struct source = envelope.getStruct("source");
        long xid = xid(source);
        long committed = commitMicros(source);
        if (xid != ChangeEvent.NO_XID && xids.add(xid)) {
          commitMicros.add(committed);
        }
        long order = transaction.next(xid);
        TableName table = new TableName(source.getString("schema"), source.getString("table"));
        lastBeat = Math.max(lastBeat, beat(table, envelope));
        readOffset(table, envelope);
        if (isPublished(table, envelope, xid)) {
          Route route = route(table, record, envelope);
          events.add(
              new ChangeEvent(record, table, route, xid, committed, order, transaction.echo()));
        }
      }
    }
    return new Batch(events, xids, commitMicros, lastBeat);
  }

  /**
   * Where the slot may be flushed to once this record and all before it are safe: the end of the
   * last whole transaction before it, or, before there was one, a place that no transaction which
   * is still to come was committed before.
   */
  static long flushPosition(SourceRecord record) {
    Object commit = record.sourceOffset().get("lsn_commit");
    Object processed = record.sourceOffset().get("lsn_proc");
    return commit instanceof Long lsn ? lsn : processed instanceof Long lsn ? lsn : 0;
  }

  private static long xid(Struct source) {
    Long xid = source.getInt64("txId");
    return xid == null ? ChangeEvent.NO_XID : xid & 0xFFFF_FFFFL;
  }

  private static long commitMicros(Struct source) {
    return source.schema().field("ts_us") != null && source.get("ts_us") instanceof Long micros
        ? micros
        : 1_000 * source.getInt64("ts_ms");
  }

  private long beat(TableName table, Struct envelope) {
    Struct after = after(envelope);
    return table.equals(CapturedTables.HEARTBEAT)
            && after != null
            && names.pipeline().equals(after.getString("pipeline"))
        ? after.getInt64("beat")
        : 0;
  }

  private void readOffset(TableName table, Struct envelope) {
    Struct after = after(envelope);
    if (table.equals(CapturedTables.CONSUMER_OFFSET) && after != null) {
      transaction.applied(
          after.getString("topic"), after.getInt32("partition"), after.getInt64("next_offset"));
    }
  }

  /** Another pipeline's generation, heartbeat and receipts are not ours to announce. */
  private boolean isPublished(TableName table, Struct envelope, long xid) {
    if (table.equals(CapturedTables.CONSUMER_OFFSET)) {
      return false;
    }
    Struct after = after(envelope);
    if (table.equals(CapturedTables.RECEIPT)) {
      return after != null
          && names.writeBehindGroup().equals(after.getString("group"))
          && isOfItsTransaction(after, xid);
    }
    return !(table.equals(CapturedTables.GENERATION) || table.equals(CapturedTables.HEARTBEAT))
        || (after != null && names.pipeline().equals(after.getString("pipeline")));
  }

  /** A receipt that is cleaned up, renamed or restored from a dump tells nothing new. */
  private static boolean isOfItsTransaction(Struct receipt, long xid) {
    return xid == ChangeEvent.NO_XID || (receipt.getInt64("xid") & 0xFFFF_FFFFL) == xid;
  }

  private static Route route(TableName table, SourceRecord record, Struct envelope) {
    if (table.equals(CapturedTables.GENERATION) || TRUNCATE.equals(envelope.getString("op"))) {
      return Route.EVERY_PARTITION;
    }
    if (table.equals(CapturedTables.RECEIPT)) {
      return Route.RECEIPT;
    }
    return record.key() == null || table.equals(CapturedTables.HEARTBEAT)
        ? Route.FIRST_PARTITION
        : Route.BY_KEY;
  }

  private static @Nullable Struct after(Struct envelope) {
    return envelope.getStruct("after");
  }
}
