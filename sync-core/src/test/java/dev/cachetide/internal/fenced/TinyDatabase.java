package dev.cachetide.internal.fenced;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * As much of a database as the protocol depends on: one row a key with a version counter,
 * transactions that are in the log before they are visible, and snapshots as {@code
 * pg_current_snapshot()} tells them. A row that was written is locked until the write is visible.
 */
final class TinyDatabase {

  /** No row: a transaction that only holds snapshots back. */
  static final int ELSEWHERE = -1;

  private final int[] visible;
  private final List<Transaction> open = new ArrayList<>();
  private long nextXid;
  private long latestCompleted;
  private long lsn;

  /** The numbers begin here, unsigned, so that they cross what a comparison may trip over. */
  TinyDatabase(int keys, long firstXid, long firstLsn) {
    visible = new int[keys];
    nextXid = firstXid;
    latestCompleted = firstXid - 1;
    lsn = firstLsn;
  }

  /** One row written, from its xid to its visibility. */
  static final class Transaction {
    final int key;
    final int version;
    final long xid;
    final long echo;
    long lsn;
    boolean logged;
    boolean visible;

    private Transaction(int key, int version, long xid, long echo) {
      this.key = key;
      this.version = version;
      this.xid = xid;
      this.echo = echo;
    }
  }

  /** What a load gets. */
  record Snapshot(int version, long xmin, long xmax) {}

  int version(int key) {
    return visible[key];
  }

  /** Whether no transaction is open. */
  boolean quiet() {
    return open.isEmpty();
  }

  Snapshot read(int key) {
    long xmax = latestCompleted + 1;
    long xmin = xmax;
    for (Transaction each : open) {
      if (Long.compareUnsigned(each.xid, xmin) < 0) {
        xmin = each.xid;
      }
    }
    return new Snapshot(visible[key], xmin, xmax);
  }

  /**
   * Null while another transaction holds the row.
   *
   * @param echo the offset of the write that it applies; 0 for a change of somebody else's
   */
  @Nullable Transaction begin(int key, long echo) {
    if (open(key) != null) {
      return null;
    }
    Transaction made =
        new Transaction(key, key == ELSEWHERE ? 0 : visible[key] + 1, nextXid++, echo);
    open.add(made);
    return made;
  }

  @Nullable Transaction open(int key) {
    return open.stream().filter(each -> each.key == key).findFirst().orElse(null);
  }

  /** The first half of a commit, from which on the change may be heard of. */
  void log(Transaction transaction) {
    transaction.lsn = lsn++;
    transaction.logged = true;
  }

  /** The second half. */
  void show(Transaction transaction) {
    open.remove(transaction);
    transaction.visible = true;
    if (Long.compareUnsigned(transaction.xid, latestCompleted) > 0) {
      latestCompleted = transaction.xid;
    }
    if (transaction.key != ELSEWHERE) {
      visible[transaction.key] = transaction.version;
    }
  }
}
