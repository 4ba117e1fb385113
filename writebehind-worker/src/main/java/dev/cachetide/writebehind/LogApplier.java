package dev.cachetide.writebehind;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Applies a stretch of the log inside one transaction and finds what Postgres will not take.
 *
 * <p>First all of it at once, coalesced. If Postgres refuses anything, it is undone, and the first
 * half and then the second are applied in the same way; a single write that is refused is set
 * aside. So whatever regrouping did, each refusal is judged where the log has it: after everything
 * before it, before everything behind it. A second half is not tried whole when the first had
 * nothing that was refused: what is wrong must be in it. So one bad write among n costs about log n
 * attempts, most of which fail early. Before that, what a unique index has refused is tried once
 * more in {@link UniqueOrder}, so that rows which hand values on do not cost a search each. A
 * conflict is no refusal: it is found without an error, and undoes nothing.
 *
 * <p>Where {@link Hints} suspect writes, the log is cut at them: what lies between two is a piece,
 * and a suspect is a piece of its own. A hint decides where to cut and nothing else: a refusal is
 * still that of a single write after everything before it, and a wrong hint costs a statement. Too
 * many to be worth that are passed over.
 */
final class LogApplier {

  private static final String UNIQUE_VIOLATION = "23505";

  /** At most one suspect in so many. */
  private static final int SPARSE = 4;

  /** How many failures are asked for their rows; behind that, a piece is halved. */
  private static final int MOST_ASKED = 32;

  private final Rows rows;
  private final Hints hints;
  private final List<Refusal> refusals = new ArrayList<>();
  private final List<Conflict> conflicts = new ArrayList<>();
  private int effects;
  private BitSet suspects = new BitSet();
  private boolean asked;
  private int failuresAsked;
  private boolean ordered;

  /**
   * Applies to rows.
   *
   * @param ordered whether rows are known to hand unique values on, so that the order of levels is
   *     tried at once
   */
  LogApplier(Rows rows, boolean ordered, Hints hints) {
    this.rows = rows;
    this.hints = hints;
    this.ordered = ordered;
  }

  /**
   * Applies all of it, or nothing.
   *
   * @return false when Postgres refused something; what was applied before this call stays
   * @throws SQLException when the environment failed: the transaction is lost
   */
  boolean attempt(List<RowOp> log) throws SQLException {
    return refusal(log, 0, log.size(), ordered) == null;
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
    ask(log);
    apply(log, 0, log.size(), true);
  }

  /** What was refused, in log order. */
  List<Refusal> refusals() {
    return List.copyOf(refusals);
  }

  /** What lost a conflict, in log order. */
  List<Conflict> conflicts() {
    return conflicts.stream().sorted(Comparator.comparingInt(Conflict::index)).toList();
  }

  /** Whether rows were found, or known, to hand unique values on in an order that has worked. */
  boolean ordered() {
    return ordered;
  }

  /** How many effects on rows were carried out for the writes that were applied. */
  int effects() {
    return effects;
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
    if (isSparse(from, to)) {
      cut(log, from, to);
      return;
    }
    boolean single = to - from == 1;
    if (single || !spoilt) {
      RowsRefusedException refusal = refusal(log, from, to, false);
      if (refusal != null && single) {
        refusals.add(new Refusal(from, refusal));
      }
      if (refusal == null || single) {
        return;
      }
      if (!asked) {
        ask(log);
        apply(log, from, to, true);
        return;
      }
      suspect(log, from, to, refusal);
      if (isSparse(from, to)) {
        cut(log, from, to);
        return;
      }
    }
    int refused = refusals.size();
    int middle = (from + to) >>> 1;
    apply(log, from, middle, false);
    apply(log, middle, to, refusals.size() == refused);
  }

  private void ask(List<RowOp> log) {
    asked = true;
    suspects = hints.suspects(log);
  }

  /** A statement that has found no row for some effects tells of all of them at once. */
  private void suspect(List<RowOp> log, int from, int to, @Nullable RowsRefusedException refusal) {
    if (refusal == null || refusal.rows().isEmpty() || failuresAsked == MOST_ASKED) {
      return;
    }
    failuresAsked++;
    for (int i = from; i < to; i++) {
      if (refusal.rows().contains(RowKey.of(log.get(i)))) {
        suspects.set(i);
      }
    }
  }

  /** Whether there are suspects in a piece, and few enough to cut it at them. */
  private boolean isSparse(int from, int to) {
    int next = suspects.nextSetBit(from);
    return next >= 0 && next < to && suspects.get(from, to).cardinality() <= (to - from) / SPARSE;
  }

  private void cut(List<RowOp> log, int from, int to) throws SQLException {
    int start = from;
    for (int i = suspects.nextSetBit(from); i >= 0 && i < to; i = suspects.nextSetBit(i + 1)) {
      apply(log, start, i, false);
      apply(log, i, i + 1, false);
      start = i + 1;
    }
    apply(log, start, to, false);
  }

  /** Applies a piece, in levels if need be; what keeps all of it from being applied, or null. */
  private @Nullable RowsRefusedException refusal(
      List<RowOp> log, int from, int to, boolean inLevels) throws SQLException {
    Object before = rows.mark();
    try {
      write(log, from, to, inLevels);
      rows.forget(before);
      return null;
    } catch (RowsRefusedException e) {
      rows.undoTo(before);
      if (inLevels || !levelsMayHelp(e, log.subList(from, to))) {
        return e;
      }
    }
    RowsRefusedException refusal = refusal(log, from, to, true);
    ordered |= refusal == null;
    return refusal;
  }

  private static boolean levelsMayHelp(RowsRefusedException e, List<RowOp> piece) {
    return UNIQUE_VIOLATION.equals(e.sqlState())
        && piece.size() > 1
        && piece.stream().anyMatch(op -> UniqueOrder.concerns(op.table()));
  }

  private void write(List<RowOp> log, int from, int to, boolean inLevels)
      throws SQLException, RowsRefusedException {
    int written = 0;
    List<Conflict> found = new ArrayList<>();
    List<RowOp> piece = log.subList(from, to);
    for (RowGroup group : inLevels ? inLevels(piece) : Coalescer.coalesce(piece)) {
      List<Lost> lost = rows.write(group);
      written += group.ops().size() - lost.size();
      lost.forEach(op -> found.add(new Conflict(index(log, op.op(), from), op.found())));
    }
    effects += written;
    conflicts.addAll(found);
  }

  private List<RowGroup> inLevels(List<RowOp> log) throws SQLException, RowsRefusedException {
    return Coalescer.coalesce(log, UniqueOrder.levels(log, HeldValues.of(log, rows)));
  }

  /** Where the log has this very effect, which was not merged with any other. */
  @SuppressWarnings("ReferenceEquality") // two commands may be equal, and one of them has lost
  private static int index(List<RowOp> log, RowOp op, int from) {
    for (int i = from; i < log.size(); i++) {
      if (log.get(i) == op) {
        return i;
      }
    }
    throw new IllegalStateException("an effect that may lose a conflict was merged");
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

  /** Guesses which effects will be refused. */
  interface Hints {
    /** Those of a log that are suspected, by index; may be wrong either way. */
    BitSet suspects(List<RowOp> log);
  }

  /** The tables, inside one transaction. */
  interface Rows {
    /**
     * Carries out one group.
     *
     * @return those of its effects that lost a conflict
     */
    List<Lost> write(RowGroup group) throws SQLException, RowsRefusedException;

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
