package dev.cachetide.writebehind;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Applies a stretch of the log inside one transaction and finds what Postgres will not take.
 *
 * <p>First all of it at once, coalesced. If Postgres refuses anything, it is undone, and the first
 * half and then the second are applied in the same way; a single write that is refused is set
 * aside. So whatever regrouping did, each refusal is judged where the log has it: after everything
 * before it, before everything behind it. A second half is not tried whole when the first had
 * nothing that was refused: what is wrong must be in it. So one bad write among n costs about log n
 * attempts, most of which fail early.
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
    return refusal(log).isEmpty();
  }

  /**
   * Applies all that can be applied; the rest is in {@link #refusals}, by its index in {@code log}.
   *
   * @throws SQLException when the environment failed: the transaction is lost
   */
  void apply(List<RowOp> log) throws SQLException {
    apply(log, 0, log.size(), false);
  }

  /** What was refused, in log order. */
  List<Refusal> refusals() {
    return List.copyOf(refusals);
  }

  /** How many effects on rows were carried out for the writes that were applied. */
  int effects() {
    return effects;
  }

  /** Applies all that can be applied of a log of which {@link #attempt} has failed. */
  void applyRefused(List<RowOp> log) throws SQLException {
    apply(log, 0, log.size(), true);
  }

  /**
   * Applies a piece.
   *
   * @param spoilt something in it is all but certain to be refused: it is halved without trying
   */
  private void apply(List<RowOp> log, int from, int to, boolean spoilt) throws SQLException {
    if (from == to) {
      return;
    }
    boolean single = to - from == 1;
    if (single || !spoilt) {
      Optional<RowsRefusedException> refusal = refusal(log.subList(from, to));
      if (single) {
        refusal.ifPresent(cause -> refusals.add(new Refusal(from, cause)));
      }
      if (single || refusal.isEmpty()) {
        return;
      }
    }
    int refused = refusals.size();
    int middle = (from + to) >>> 1;
    apply(log, from, middle, false);
    apply(log, middle, to, refusals.size() == refused);
  }

  /** Applies a piece, or nothing of it and says why. */
  private Optional<RowsRefusedException> refusal(List<RowOp> piece) throws SQLException {
    Object before = rows.mark();
    try {
      write(piece);
      rows.forget(before);
      return Optional.empty();
    } catch (RowsRefusedException e) {
      rows.undoTo(before);
      return Optional.of(e);
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
