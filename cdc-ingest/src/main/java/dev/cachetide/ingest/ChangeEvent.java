package dev.cachetide.ingest;

import dev.cachetide.wire.TableName;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * One committed row change, as the engine gave it, with what the batch tells about it.
 *
 * @param xid of its transaction, 32 bits, unsigned; -1 when the engine did not say
 * @param committedMicros when that was committed, since 1970
 * @param order its place among its transaction's captured events, from 0
 * @param echo where the write command stands that this change is the effect of; null when it is
 *     none
 */
record ChangeEvent(
    SourceRecord record,
    TableName table,
    Route route,
    long xid,
    long committedMicros,
    long order,
    @Nullable String echo) {

  static final long NO_XID = -1;

  /** Which partitions an event goes to. */
  enum Route {
    /** The row's own. */
    BY_KEY,
    /** Every one, so that no consumer of the table misses it: it concerns all rows. */
    EVERY_PARTITION,
    /** The first: rows without a key keep their order there. */
    FIRST_PARTITION,
    /** It is no row change: what became of write commands, for the topics that tell of them. */
    RECEIPT
  }
}
