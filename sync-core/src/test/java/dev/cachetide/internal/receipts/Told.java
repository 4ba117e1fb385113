package dev.cachetide.internal.receipts;

import dev.cachetide.wire.BatchReceipt;
import dev.cachetide.wire.BatchReceipt.Rejection;
import java.util.BitSet;
import java.util.List;

/** Receipts and tickets, in one line each. */
final class Told {

  static final String ID = "topic-A";

  private Told() {}

  static Ticket ticket(int partition, long offset) {
    return new Ticket(ID, partition, offset);
  }

  static BatchReceipt receipt(int partition, long first, long next, Rejection... rejected) {
    return receipt(ID, partition, first, next, rejected);
  }

  static BatchReceipt receipt(
      String topicId, int partition, long first, long next, Rejection... rejected) {
    return new BatchReceipt(
        "shop.writes",
        topicId,
        partition,
        first,
        next,
        1_000 + first,
        "0/1",
        "2026-01-01T00:00:00Z",
        new BitSet(),
        List.of(rejected));
  }
}
