package dev.cachetide.wire;

/**
 * Kafka record headers that ingest adds to a change event, for what the Debezium envelope does not
 * carry. Values are UTF-8 text.
 */
public final class Headers {

  /** The writing transaction's id, 64 bits, decimal. */
  public static final String XID = "cachetide.xid";

  /** The event's place among its transaction's captured events, decimal, from 0. */
  public static final String TRANSACTION_ORDER = "cachetide.tx.order";

  /**
   * Present when the write-behind worker made the change: {@code <topic>/<partition>/<offset>} of
   * the last write command that the transaction applied.
   */
  public static final String ECHO = "cachetide.echo";

  private Headers() {}
}
