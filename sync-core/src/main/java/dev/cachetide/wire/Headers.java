package dev.cachetide.wire;

/**
 * Kafka record headers: those that ingest adds to a change event, for what the Debezium envelope
 * does not carry, and one that writers add to a write command. Values are UTF-8 text.
 */
public final class Headers {

  /** The writing transaction's id, 64 bits, decimal. */
  public static final String XID = "cachetide.xid";

  /** The event's place among its transaction's captured events, decimal, from 0. */
  public static final String TRANSACTION_ORDER = "cachetide.tx.order";

  /**
   * When the writing transaction was committed, by the server's clock: microseconds since the
   * epoch, decimal. With {@link #XID} it names the transaction for good, although ids come again.
   */
  public static final String COMMITTED = "cachetide.committed";

  /**
   * Present, with any value, when the event had to be published before every reader could see its
   * transaction. It comes again, without this header, once they can.
   */
  public static final String EARLY = "cachetide.early";

  /**
   * Present when the write-behind worker made the change: {@code <topic>/<partition>/<offset>} of
   * the last write command that the transaction applied.
   */
  public static final String ECHO = "cachetide.echo";

  /**
   * Once for each column whose values were taken out of a row that is too large for a record. What
   * stands in its place, in either image, is no value, and says nothing of the other image: not
   * even that the value has not changed.
   */
  public static final String TRIMMED = "cachetide.trimmed";

  /**
   * On a write command's record: the key in Redis, in full, under which its writer shows the value
   * before Postgres has it. Should the write be refused, that key is evicted.
   */
  public static final String SHOWN = "cachetide.shown";

  private Headers() {}
}
