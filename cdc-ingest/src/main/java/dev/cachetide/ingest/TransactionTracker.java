package dev.cachetide.ingest;

import org.jspecify.annotations.Nullable;

/**
 * Numbers the events of each transaction and remembers which write command it is the echo of.
 *
 * <p>Rests on two facts: the stream carries transactions one after another, whole; and the
 * write-behind worker's first change in a transaction is the row of {@code consumer_offset}, so
 * everything that follows in the same transaction is its own writing.
 */
final class TransactionTracker {

  private long xid = ChangeEvent.NO_XID;
  private long next;
  private @Nullable String echo;

  /** The place of one more event of that transaction. */
  long next(long eventXid) {
    if (eventXid != xid) {
      xid = eventXid;
      next = 0;
      echo = null;
    }
    return next++;
  }

  /**
   * The transaction at hand applied write commands up to, and not with, {@code nextOffset}.
   *
   * @param nextOffset 0 when it applied none yet
   */
  void applied(String topic, long partition, long nextOffset) {
    if (nextOffset > 0) {
      echo = topic + "/" + partition + "/" + (nextOffset - 1);
    }
  }

  @Nullable String echo() {
    return echo;
  }
}
