package dev.cachetide.writebehind;

import dev.cachetide.writebehind.LogApplier.Conflict;
import dev.cachetide.writebehind.LogApplier.Lost;
import dev.cachetide.writebehind.LogApplier.Refusal;
import dev.cachetide.writebehind.LogApplier.Verdict;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/**
 * Applies one piece of a log after the other, each whole or not at all, and keeps account of what
 * became of its writes.
 */
final class Pieces {

  private static final String UNIQUE_VIOLATION = "23505";

  private final LogApplier.Rows rows;
  private final Suspects suspects;
  private final List<Refusal> refusals = new ArrayList<>();
  private final List<Conflict> conflicts = new ArrayList<>();
  private int effects;
  private boolean ordered;

  /**
   * Applies to rows.
   *
   * @param ordered whether rows are known to hand unique values on
   */
  Pieces(LogApplier.Rows rows, Suspects suspects, boolean ordered) {
    this.rows = rows;
    this.suspects = suspects;
    this.ordered = ordered;
  }

  /** Sets a write aside. */
  void refuse(int index, RowsRefusedException refusal) {
    refusals.add(new Refusal(index, refusal));
  }

  /** How many were set aside so far. */
  int refused() {
    return refusals.size();
  }

  /** What was set aside, in log order. */
  List<Refusal> refusals() {
    return refusals.stream().sorted(Comparator.comparingInt(Refusal::index)).toList();
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

  /** Tries a piece, in levels if need be; whatever is not done is undone. */
  Attempt attempt(Deferral piece, boolean inLevels) throws SQLException {
    Object before = rows.mark();
    try {
      Written written = write(piece, inLevels);
      List<Verdict> verdicts = piece.late().isEmpty() ? List.of() : rows.each(piece.lateOps());
      BitSet open = piece.open(verdicts, suspects);
      if (open.isEmpty()) {
        rows.forget(before);
        keep(piece.late(), written, verdicts);
        return new Done();
      }
      rows.undoTo(before);
      return new Open(open);
    } catch (RowsRefusedException e) {
      rows.undoTo(before);
      if (inLevels || !levelsMayHelp(e, piece.first())) {
        return new Failed(e);
      }
    }
    Attempt again = attempt(piece, true);
    ordered |= again instanceof Done;
    return again;
  }

  /**
   * Tries a piece in log order around some of its effects, each of which is tried alone in its
   * place; what may wait is tried behind all of it. The verdict on one in its place stands only if
   * nothing before it has come later than it should: what waited and precedes it must have had no
   * effect at all.
   *
   * @return false when nothing is applied
   */
  boolean attemptAround(BitSet alone, Deferral piece) throws SQLException {
    if (piece.late().isEmpty() ? suspects.waits(piece) : piece.late().intersects(alone)) {
      return false;
    }
    Object before = rows.mark();
    try {
      List<Verdict> inPlace = new ArrayList<>();
      Written written = writeAround(alone, piece, inPlace);
      List<Verdict> verdicts = piece.late().isEmpty() ? List.of() : rows.each(piece.lateOps());
      BitSet open = piece.open(verdicts, suspects);
      if (open.isEmpty() && !isDisturbed(alone, inPlace, piece.late(), verdicts)) {
        rows.forget(before);
        keep(alone, written, inPlace);
        keep(piece.late(), new Written(0, List.of()), verdicts);
        return true;
      }
      rows.undoTo(before);
      open.stream().forEach(suspects::keepInPlace);
    } catch (RowsRefusedException e) {
      rows.undoTo(before);
    }
    return false;
  }

  private Written writeAround(BitSet alone, Deferral piece, List<Verdict> inPlace)
      throws SQLException, RowsRefusedException {
    int effects = 0;
    List<Conflict> found = new ArrayList<>();
    int from = piece.from();
    for (int i = alone.nextSetBit(0); from < piece.to(); i = alone.nextSetBit(i + 1)) {
      int end = i < 0 ? piece.to() : i;
      Written written = write(piece.before(from, end), false);
      effects += written.effects();
      found.addAll(written.conflicts());
      if (i < 0) {
        break;
      }
      inPlace.addAll(rows.each(List.of(piece.log().get(i))));
      from = i + 1;
    }
    return new Written(effects, found);
  }

  /** Whether what waited and had an effect belongs before one that was refused in its place. */
  private static boolean isDisturbed(
      BitSet alone, List<Verdict> inPlace, BitSet late, List<Verdict> verdicts) {
    int firstEffect = Integer.MAX_VALUE;
    int[] indexes = late.stream().toArray();
    for (int i = 0; i < indexes.length && firstEffect == Integer.MAX_VALUE; i++) {
      firstEffect = verdicts.get(i).hadEffect() ? indexes[i] : firstEffect;
    }
    int[] places = alone.stream().toArray();
    for (int i = places.length - 1; i >= 0 && places[i] > firstEffect; i--) {
      if (!inPlace.get(i).hadEffect()) {
        return true;
      }
    }
    return false;
  }

  private static boolean levelsMayHelp(RowsRefusedException e, List<RowOp> piece) {
    return UNIQUE_VIOLATION.equals(e.sqlState())
        && piece.size() > 1
        && piece.stream().anyMatch(op -> UniqueOrder.concerns(op.table()));
  }

  private Written write(Deferral piece, boolean inLevels)
      throws SQLException, RowsRefusedException {
    int written = 0;
    List<Conflict> found = new ArrayList<>();
    List<RowOp> ops = piece.first();
    for (RowGroup group : inLevels ? inLevels(ops) : Coalescer.coalesce(ops)) {
      List<Lost> lost = rows.write(group);
      written += group.ops().size() - lost.size();
      lost.forEach(op -> found.add(conflict(piece, op)));
    }
    return new Written(written, found);
  }

  private void keep(BitSet single, Written written, List<Verdict> verdicts) {
    effects += written.effects();
    conflicts.addAll(written.conflicts());
    int[] indexes = single.stream().toArray();
    for (int i = 0; i < indexes.length; i++) {
      Verdict verdict = verdicts.get(i);
      if (verdict.refusal() != null) {
        refusals.add(new Refusal(indexes[i], verdict.refusal()));
      } else if (verdict.lost() != null) {
        conflicts.add(new Conflict(indexes[i], verdict.lost().found()));
      } else {
        effects++;
      }
    }
  }

  private static Conflict conflict(Deferral piece, Lost lost) {
    return new Conflict(index(piece.log(), lost.op(), piece.from()), lost.found());
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

  /** What became of a piece that was tried. */
  sealed interface Attempt {}

  /** It is applied, but for what is set aside. */
  record Done() implements Attempt {}

  /** Nothing is: effects that go together were refused. */
  record Failed(RowsRefusedException refusal) implements Attempt {}

  /** Nothing is: some were refused out of their place, and may not be in it. */
  record Open(BitSet indexes) implements Attempt {}

  private record Written(int effects, List<Conflict> conflicts) {}
}
