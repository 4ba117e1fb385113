package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which effects of a transaction nobody will ever see, because a later one of the same transaction
 * overwrote them whole: every column that they set or add to is set again, or their row is deleted.
 *
 * <p>Told by the log alone, not by how it was coalesced, so that what a writer learns does not
 * depend on what happened to be merged. A delete is never superseded, and neither is an effect that
 * names no column while its row stays: that the row exists is its effect.
 *
 * @param effects by index in the log
 * @param deletes those that took earlier effects along: where such a row never existed outside the
 *     transaction, its deletion leaves no trace in the WAL
 */
record Superseded(BitSet effects, BitSet deletes) {

  /** Looks through effects that were all carried out, in log order. */
  static Superseded among(List<RowOp> log) {
    Superseded found = new Superseded(new BitSet(), new BitSet());
    Map<Row, Later> later = writtenAgain(log);
    for (int i = log.size() - 1; i >= 0 && !later.isEmpty(); i--) {
      Later after = later.get(Row.of(log.get(i)));
      if (after != null) {
        found.look(i, log.get(i), after);
      }
    }
    return found;
  }

  /** The rows with several effects, which are few as a rule. */
  private static Map<Row, Later> writtenAgain(List<RowOp> log) {
    Set<Row> written = new HashSet<>(2 * log.size());
    Map<Row, Later> again = new HashMap<>();
    for (RowOp op : log) {
      Row row = Row.of(op);
      if (!written.add(row)) {
        again.computeIfAbsent(row, key -> new Later());
      }
    }
    return again;
  }

  private void look(int index, RowOp op, Later later) {
    if (op.kind() == RowOp.Kind.DELETE) {
      later.deletedAt = index;
      later.set.clear();
      return;
    }
    if (later.deletedAt >= 0) {
      deletes.set(later.deletedAt);
      effects.set(index);
    } else if (later.overwrites(op)) {
      effects.set(index);
    }
    later.set.addAll(op.set().keySet());
  }

  private record Row(TableName table, List<String> key) {
    static Row of(RowOp op) {
      return new Row(op.table().name(), op.key());
    }
  }

  /** What comes after an effect, on its row. */
  private static final class Later {
    private final Set<String> set = new HashSet<>(4);
    private int deletedAt = -1;

    boolean overwrites(RowOp op) {
      boolean names = !op.set().isEmpty() || !op.add().isEmpty();
      return names && set.containsAll(op.set().keySet()) && set.containsAll(op.add().keySet());
    }
  }
}
