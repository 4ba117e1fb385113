package dev.cachetide.writebehind;

import java.sql.SQLException;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Applies a stretch of the log inside one transaction and finds what Postgres will not take.
 *
 * <p>First all of it at once, coalesced. If Postgres refuses anything, it is undone, and {@link
 * Hints} are asked for suspects. Those whose refusal nothing but their own row can decide are tried
 * one by one behind the rest, which goes together ({@link Deferral} says why that is right); the
 * log is cut at all others, so that they are tried where the log has them: alone, between what is
 * before them and what is behind, and if that does not do, each as a piece of its own.
 *
 * <p>What is refused all the same is searched for: the first half of a piece and then the second
 * are applied in the same way; a single write that is refused is set aside. So whatever regrouping
 * did, each refusal is one that the write meets where the log has it: after everything before it,
 * before everything behind it. A second half is not tried whole when the first had nothing that was
 * refused: what is wrong must be in it. So one bad write among n costs about log n attempts, most
 * of which fail early. Before that, what a unique index has refused is tried once more in {@link
 * UniqueOrder}, so that rows which hand values on do not cost a search each. A conflict is no
 * refusal: it is found without an error, and undoes nothing.
 *
 * <p>A guess decides in which order writes are tried and nothing else: a wrong one costs a
 * statement. Only that a unique value {@linkplain Suspicion#TAKEN is taken} is no guess.
 */
final class LogApplier {

  /** How many failures are asked for their rows; behind that, a piece is halved. */
  private static final int MOST_ASKED = 32;

  private final Rows rows;
  private final Hints hints;
  private final Suspects suspects = new Suspects();
  private final Pieces pieces;
  private boolean asked;
  private int failuresAsked;

  /**
   * Applies to rows.
   *
   * @param ordered whether rows are known to hand unique values on, so that the order of levels is
   *     tried at once
   */
  LogApplier(Rows rows, boolean ordered, Hints hints) {
    this.rows = rows;
    this.hints = hints;
    this.pieces = new Pieces(rows, suspects, ordered);
  }

  /**
   * Applies all of it, or nothing.
   *
   * @return false when Postgres refused something; what was applied before this call stays
   * @throws SQLException when the environment failed: the transaction is lost
   */
  boolean attempt(List<RowOp> log) throws SQLException {
    return pieces.attempt(Deferral.none(log, 0, log.size()), pieces.ordered())
        instanceof Pieces.Done;
  }

  /**
   * Applies all that can be applied; the rest is in {@link #refusals} or {@link #conflicts}, by its
   * index in {@code log}.
   *
   * @throws SQLException when the environment failed: the transaction is lost
   */
  void apply(List<RowOp> log) throws SQLException {
    apply(log, 0, log.size(), false);
  }

  /** The same, for a log in which something is expected to be refused. */
  void applyInPieces(List<RowOp> log) throws SQLException {
    ask(log, false);
    apply(log, 0, log.size(), false);
  }

  /** The same, for a log that {@link #attempt} was made at in vain. */
  void applyAfterAttempt(List<RowOp> log) throws SQLException {
    ask(log, true);
    apply(log, 0, log.size(), true);
  }

  /** What was refused, in log order. */
  List<Refusal> refusals() {
    return pieces.refusals();
  }

  /** What lost a conflict, in log order. */
  List<Conflict> conflicts() {
    return pieces.conflicts();
  }

  /** What was suspected. */
  Suspects suspects() {
    return suspects;
  }

  /** Whether rows were found, or known, to hand unique values on in an order that has worked. */
  boolean ordered() {
    return pieces.ordered();
  }

  /** How many effects on rows were carried out for the writes that were applied. */
  int effects() {
    return pieces.effects();
  }

  /**
   * Applies a piece.
   *
   * @param spoilt something in it is all but certain to be refused: without suspects, it is halved
   *     without trying
   */
  private void apply(List<RowOp> log, int from, int to, boolean spoilt) throws SQLException {
    if (from == to) {
      return;
    }
    BitSet cuts = suspects.cuts(from, to);
    if (!cuts.isEmpty()) {
      if (!pieces.attemptAround(cuts, Deferral.of(log, from, to, suspects.waiting(from, to)))) {
        cut(log, from, to, suspects.cuts(from, to));
      }
      return;
    }
    Deferral piece = Deferral.of(log, from, to, suspects.waiting(from, to));
    boolean single = to - from == 1;
    if (single || !spoilt || !piece.late().isEmpty()) {
      Pieces.Attempt attempt = pieces.attempt(piece, false);
      if (attempt instanceof Pieces.Failed failed && single) {
        pieces.refuse(from, failed.refusal());
        learn(log, from, failed.refusal());
      }
      if (single || attempt instanceof Pieces.Done) {
        return;
      }
      if (moreSuspects(piece, attempt)) {
        apply(log, from, to, true);
        return;
      }
    }
    int refused = pieces.refused();
    int middle = (from + to) >>> 1;
    apply(log, from, middle, false);
    apply(log, middle, to, pieces.refused() == refused);
  }

  /** What nobody has foreseen may come again in the same log. */
  private void learn(List<RowOp> log, int index, RowsRefusedException refusal) {
    if (!suspects.contains(index)) {
      hints.refused(log, index, refusal, suspects);
    }
  }

  private void cut(List<RowOp> log, int from, int to, BitSet cuts) throws SQLException {
    int start = from;
    for (int i = cuts.nextSetBit(0); i >= 0; i = cuts.nextSetBit(i + 1)) {
      apply(log, start, i, false);
      apply(log, i, i + 1, false);
      start = i + 1;
    }
    apply(log, start, to, false);
  }

  private boolean moreSuspects(Deferral piece, Pieces.Attempt attempt) throws SQLException {
    if (attempt instanceof Pieces.Open open) {
      open.indexes().stream().forEach(suspects::keepInPlace);
      return true;
    }
    if (attempt instanceof Pieces.Failed failed && suspect(piece, failed.refusal())) {
      return true;
    }
    if (!asked) {
      ask(piece.log(), true);
      return true;
    }
    return false;
  }

  private void ask(List<RowOp> log, boolean all) throws SQLException {
    asked = all;
    Object before = rows.mark();
    try {
      hints.suspect(log, all, suspects);
      rows.forget(before);
    } catch (RowsRefusedException e) {
      // a question that Postgres will not answer gives no hints: what is wrong is searched for
      rows.undoTo(before);
    }
  }

  /** A statement that has found some rows absent, or there, tells of all of them at once. */
  private boolean suspect(Deferral piece, RowsRefusedException refusal) {
    if (refusal.rows().isEmpty() || failuresAsked == MOST_ASKED) {
      return false;
    }
    failuresAsked++;
    boolean more = false;
    for (int i = piece.from(); i < piece.to(); i++) {
      if (!suspects.contains(i) && refusal.rows().contains(RowKey.of(piece.log().get(i)))) {
        suspects.add(i, Suspicion.PRESENCE);
        more = true;
      }
    }
    return more;
  }

  /**
   * A write that cannot be applied.
   *
   * @param index in the log that was applied
   */
  record Refusal(int index, RowsRefusedException cause) {}

  /**
   * A write that was for a version that its row no longer had.
   *
   * @param index in the log that was applied
   * @param found text of the version that the row had; null when there was no row
   */
  record Conflict(int index, @Nullable String found) {}

  /**
   * An effect that found no row of its version, and was not carried out.
   *
   * @param found text of the version that the row had; null when there was no row
   */
  record Lost(RowOp op, @Nullable String found) {}

  /**
   * What became of an effect that was tried alone.
   *
   * @param refusal null unless it was refused
   * @param lost null unless it has lost a conflict
   */
  record Verdict(@Nullable RowsRefusedException refusal, @Nullable Lost lost) {
    boolean hadEffect() {
      return refusal == null && lost == null;
    }
  }

  /** Guesses which effects will be refused. */
  interface Hints {
    /**
     * Adds those of a log that are suspected; may be wrong either way.
     *
     * @param all whether something was refused, so that it is worth asking whatever can be asked
     * @throws RowsRefusedException when Postgres refused the question; what was found stays
     */
    void suspect(List<RowOp> log, boolean all, Suspects suspects)
        throws SQLException, RowsRefusedException;

    /** Adds those of a log, behind one that was refused in its place, that are like it. */
    default void refused(
        List<RowOp> log, int index, RowsRefusedException refusal, Suspects suspects) {
      // a guess is never owed
    }
  }

  /** The tables, inside one transaction. */
  interface Rows {
    /**
     * Carries out one group.
     *
     * @return those of its effects that lost a conflict
     */
    List<Lost> write(RowGroup group) throws SQLException, RowsRefusedException;

    /**
     * Carries out effects one by one, each as if it were alone; what is refused has no effect.
     *
     * @return what became of each
     * @throws RowsRefusedException when that cannot be told of each
     */
    List<Verdict> each(List<RowOp> ops) throws SQLException, RowsRefusedException;

    /** What rows hold in some columns; a row that does not exist is left out. */
    Map<RowKey, Map<String, @Nullable String>> read(RowGroup rows, List<String> columns)
        throws SQLException, RowsRefusedException;

    /** Remembers this moment; the mark before has been undone to or forgotten. */
    Object mark() throws SQLException;

    /** Undoes everything since the moment and forgets it. */
    void undoTo(Object mark) throws SQLException;

    /** Keeps everything since the moment and forgets it. */
    void forget(Object mark) throws SQLException;
  }
}
