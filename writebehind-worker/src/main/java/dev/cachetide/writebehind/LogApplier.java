package dev.cachetide.writebehind;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Applies a stretch of the log inside one transaction and finds what Postgres will not take.
 *
 * <p>First all of it at once, coalesced. If Postgres refuses anything, it is undone, and the first
 * half and then the second are applied in the same way; a single write that is refused is set
 * aside. So whatever regrouping did, each refusal is judged where the log has it: after everything
 * before it, before everything behind it. One bad write among n costs about 2 log n statements
 * more.
 */
final class LogApplier {

  private final Rows rows;
  private final List<Refusal> refusals = new ArrayList<>();
  private int effects;

  LogApplier(Rows rows) {
    this.rows = rows;
  }

  /**
   * Applies all of it, or nothing.
   *
   * @return false when Postgres refused something; what was applied before this call stays
   * @throws SQLException when the environment failed: the transaction is lost
   */
  boolean attempt(List<RowOp> log) throws SQLException {
    Object before = rows.mark();
    try {
      write(log);
      rows.forget(before);
      return true;
    } catch (RowsRefusedException e) {
      rows.undoTo(before);
      return false;
    }
  }

  /**
   * Applies all that can be applied; the rest is in {@link #refusals}, by its index in {@code log}.
   *
   * @throws SQLException when the environment failed: the transaction is lost
   */
  void apply(List<RowOp> log) throws SQLException {
    apply(log, 0, log.size());
  }

  /** What was refused, in log order. */
  List<Refusal> refusals() {
    return List.copyOf(refusals);
  }

  /** How many effects on rows were carried out for the writes that were applied. */
  int effects() {
    return effects;
  }

  private void apply(List<RowOp> log, int from, int to) throws SQLException {
    if (from == to) {
      return;
    }
    Object before = rows.mark();
    try {
      write(log.subList(from, to));
      rows.forget(before);
    } catch (RowsRefusedException e) {
      rows.undoTo(before);
      if (to - from == 1) {
        refusals.add(new Refusal(from, e));
      } else {
        int middle = (from + to) >>> 1;
        apply(log, from, middle);
        apply(log, middle, to);
      }
    }
  }

  private void write(List<RowOp> log) throws SQLException, RowsRefusedException {
    int written = 0;
    for (RowGroup group : Coalescer.coalesce(log)) {
      rows.write(group);
      written += group.ops().size();
    }
    effects += written;
  }

  /**
   * A write that cannot be applied.
   *
   * @param index in the log that was applied
   */
  record Refusal(int index, RowsRefusedException cause) {}

  /** The tables, inside one transaction. */
  interface Rows {
    /** Carries out one statement. */
    void write(RowGroup group) throws SQLException, RowsRefusedException;

    /** Remembers this moment. */
    Object mark() throws SQLException;

    /** Undoes everything since the moment and forgets it. */
    void undoTo(Object mark) throws SQLException;

    /** Keeps everything since the moment and forgets it. */
    void forget(Object mark) throws SQLException;
  }
}
