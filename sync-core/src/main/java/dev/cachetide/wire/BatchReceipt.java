package dev.cachetide.wire;

import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What became of the write commands from one offset to another of a partition: one transaction of
 * the write-behind worker, or a stretch of it.
 *
 * <p>A command at an offset that is covered was {@linkplain #rejection refused} or has lost a
 * conflict, or its effect was {@linkplain #isSuperseded overwritten} by a later command of the same
 * transaction, or it was applied.
 *
 * @param topic the write topic
 * @param topicId which topic of that name; another one's offsets mean other commands
 * @param first the first offset
 * @param next the offset behind the last
 * @param xid the transaction, 64 bits
 * @param lsn a position in the WAL at or behind the commit, as {@code pg_lsn} is written; null when
 *     it is not known
 * @param committed when, by the server's clock, as ISO 8601
 * @param superseded the offsets, counted from {@code first}
 * @param rejected what was refused or has lost a conflict, by rising offset
 */
public record BatchReceipt(
    String topic,
    String topicId,
    int partition,
    long first,
    long next,
    long xid,
    @Nullable String lsn,
    String committed,
    BitSet superseded,
    List<Rejection> rejected) {

  /**
   * Copies the collections.
   *
   * @throws IllegalArgumentException when it covers nothing
   */
  public BatchReceipt {
    if (first < 0 || next <= first) {
      throw new IllegalArgumentException("a receipt that covers no offset");
    }
    superseded = (BitSet) superseded.clone();
    rejected = List.copyOf(rejected);
  }

  /** Whether it tells of the command at this offset. */
  public boolean covers(long offset) {
    return first <= offset && offset < next;
  }

  /** Whether a later command of the transaction left nothing of this one. */
  public boolean isSuperseded(long offset) {
    return covers(offset) && superseded.get((int) (offset - first));
  }

  /** Why the command at this offset had no effect; empty when it had. */
  public Optional<Rejection> rejection(long offset) {
    return rejected.stream().filter(each -> each.offset() == offset).findFirst();
  }

  /** The same for fewer offsets. */
  BatchReceipt stretch(long from, long to) {
    return new BatchReceipt(
        topic,
        topicId,
        partition,
        from,
        to,
        xid,
        lsn,
        committed,
        superseded.get((int) (from - first), (int) (to - first)),
        rejected.stream().filter(each -> from <= each.offset() && each.offset() < to).toList());
  }

  /**
   * A command without effect.
   *
   * @param id the writer's own; null for none
   * @param conflict whether it lost against a change that its writer had not seen; otherwise it was
   *     refused
   * @param reason may quote a value
   * @param sqlState null when Postgres raised no error
   */
  public record Rejection(
      long offset,
      @Nullable String id,
      boolean conflict,
      String reason,
      @Nullable String sqlState) {}
}
