package dev.cachetide.writebehind;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A piece of a log in two parts: effects that are expected to be refused, with all that follows on
 * their rows, which are tried one by one behind the others, which go together.
 *
 * <p>What makes this safe is that each row's effects keep their order. So a refusal that only the
 * effect and its own row decide is the same there as in its place: a value that its column cannot
 * hold, a null, a check constraint, a row that is absent or exists. For a parent that is missing it
 * is so as long as nothing in the piece takes parents away: one that is not there behind the piece
 * was never there. A unique value that another row was found to have is taken all along if nothing
 * in the log is about that row. All other refusals may be due to an effect that comes later in the
 * log and has now come first; they are {@linkplain #open open}, and their effects are tried again
 * in their place. A trigger can make any refusal depend on other rows, so where a table has
 * triggers, a refusal must also be the one that was foreseen, from the command and what was there
 * before it.
 *
 * <p>An effect that is accepted behind the others but would have been refused in its place is what
 * coalescing allows as well. What Postgres itself carries on to other rows is never moved.
 *
 * @param first those that go together, in log order
 * @param late the indexes of the others
 */
record Deferral(List<RowOp> log, int from, int to, List<RowOp> first, BitSet late) {

  /** A piece that is not divided. */
  static Deferral none(List<RowOp> log, int from, int to) {
    return new Deferral(log, from, to, log.subList(from, to), new BitSet());
  }

  /**
   * Divides a piece, if it can be divided.
   *
   * @param waiting suspects, by index
   */
  static Deferral of(List<RowOp> log, int from, int to, BitSet waiting) {
    if (waiting.isEmpty() || cascades(log, from, to)) {
      return none(log, from, to);
    }
    int begin = waiting.nextSetBit(0);
    List<RowOp> first = new ArrayList<>(to - from);
    first.addAll(log.subList(from, begin));
    BitSet late = new BitSet();
    Set<RowKey> lateRows = new HashSet<>();
    Set<List<String>> lateKeys = new HashSet<>(); // told apart faster than rows
    for (int i = begin; i < to; i++) {
      RowOp op = log.get(i);
      if (waiting.get(i) || (lateKeys.contains(op.key()) && lateRows.contains(RowKey.of(op)))) {
        lateRows.add(RowKey.of(op));
        lateKeys.add(op.key());
        late.set(i);
      } else {
        first.add(op);
      }
    }
    return new Deferral(log, from, to, first, late);
  }

  private static boolean cascades(List<RowOp> log, int from, int to) {
    for (int i = from; i < to; i++) {
      if (log.get(i).cascades()) {
        return true;
      }
    }
    return false;
  }

  /** A part of it, without those that are tried one by one behind it. */
  Deferral before(int begin, int end) {
    if (late.isEmpty()) {
      return none(log, begin, end);
    }
    List<RowOp> some = new ArrayList<>(end - begin);
    for (int i = begin; i < end; i++) {
      if (!late.get(i)) {
        some.add(log.get(i));
      }
    }
    return new Deferral(log, begin, end, some, new BitSet());
  }

  /** The effects that are tried one by one, in log order. */
  List<RowOp> lateOps() {
    return late.stream().mapToObj(log::get).toList();
  }

  /** Those that were refused behind the others, and might not be in their place, by index. */
  BitSet open(List<LogApplier.Verdict> verdicts, Suspects suspects) {
    BitSet open = new BitSet();
    int[] indexes = late.stream().toArray();
    Map<TargetTable.Parent, Boolean> stay = new HashMap<>();
    for (int i = 0; i < indexes.length; i++) {
      RowsRefusedException refusal = verdicts.get(i).refusal();
      if (refusal != null && !isFinal(indexes[i], refusal, suspects, stay)) {
        open.set(indexes[i]);
      }
    }
    return open;
  }

  private boolean isFinal(
      int index,
      RowsRefusedException refusal,
      Suspects suspects,
      Map<TargetTable.Parent, Boolean> stay) {
    TargetTable table = log.get(index).table();
    Optional<Suspicion> cause = cause(refusal);
    if (cause.isEmpty()) {
      return false;
    }
    boolean foreseen = cause.get() == suspects.why(index);
    if (cause.get() == Suspicion.TAKEN) {
      return foreseen;
    }
    if (cause.get() == Suspicion.PARENT) {
      return foreseen && parentsStay(log.get(index), stay);
    }
    return foreseen || !table.constraints().triggers();
  }

  /** What a refusal is due to, if to nothing but its own row and what that refers to. */
  private static Optional<Suspicion> cause(RowsRefusedException refusal) {
    if (!refusal.rows().isEmpty()) {
      return Optional.of(Suspicion.PRESENCE);
    }
    String state = refusal.sqlState();
    if (state == null) {
      return Optional.empty();
    }
    return switch (state) {
      case "23502" -> Optional.of(Suspicion.VALUE);
      case "23503" -> Optional.of(Suspicion.PARENT);
      case "23505" -> Optional.of(Suspicion.TAKEN);
      case "23514" -> Optional.of(Suspicion.CHECK);
      default -> state.startsWith("22") ? Optional.of(Suspicion.VALUE) : Optional.empty();
    };
  }

  /**
   * Whether the effect takes no parent away from others, and nothing in the piece takes its own.
   *
   * @param stay what was found out already: it takes a look at the whole piece
   */
  private boolean parentsStay(RowOp op, Map<TargetTable.Parent, Boolean> stay) {
    return !takesAway(op, op.table().constraints().referenced())
        && op.table().constraints().parents().stream()
            .allMatch(parent -> stay.computeIfAbsent(parent, this::stays));
  }

  private boolean stays(TargetTable.Parent parent) {
    return log.subList(from, to).stream()
        .noneMatch(
            other ->
                other.table().name().equals(parent.table())
                    && takesAway(other, parent.parentColumns()));
  }

  private static boolean takesAway(RowOp op, Collection<String> referenced) {
    return !referenced.isEmpty()
        && switch (op.kind()) {
          case DELETE -> true;
          case INSERT -> false;
          default ->
              referenced.stream()
                  .anyMatch(column -> op.set().containsKey(column) || op.add().containsKey(column));
        };
  }
}
