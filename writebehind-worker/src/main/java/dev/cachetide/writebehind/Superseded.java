package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
    Map<Row, Later> later = new HashMap<>(2 * log.size());
    for (int i = log.size() - 1; i >= 0; i--) {
      RowOp op = log.get(i);
      Later after = later.putIfAbsent(Row.of(op), new Later(i, op));
      if (after != null) {
        found.look(i, op, after);
      }
    }
    return found;
  }

  private void look(int index, RowOp op, Later later) {
    if (op.kind() == RowOp.Kind.DELETE) {
      later.delete(index);
      return;
    }
    if (later.deletedAt >= 0) {
      deletes.set(later.deletedAt);
      effects.set(index);
    } else if (later.overwrites(op)) {
      effects.set(index);
    }
    later.add(op.set().names());
  }

  private record Row(TableName table, List<String> key) {
    static Row of(RowOp op) {
      return new Row(op.table().name(), op.key());
    }
  }

  /** What comes after an effect, on its row. */
  private static final class Later {
    /** What the last effect sets; a set is made only of effects that set different columns. */
    private List<String> names;

    private @Nullable Set<String> all;
    private int deletedAt = -1;

    Later(int index, RowOp last) {
      names = last.set().names();
      if (last.kind() == RowOp.Kind.DELETE) {
        delete(index);
      }
    }

    void delete(int index) {
      deletedAt = index;
      names = List.of();
      all = null;
    }

    boolean overwrites(RowOp op) {
      boolean writes = !op.set().isEmpty() || !op.add().isEmpty();
      return writes && sets(op.set().names()) && sets(op.add().names());
    }

    private boolean sets(List<String> some) {
      if (all != null) {
        return all.containsAll(some);
      }
      return some.equals(names) || names.containsAll(some);
    }

    void add(List<String> more) {
      if (all == null && !more.equals(names)) {
        all = new HashSet<>(names);
      }
      if (all != null) {
        all.addAll(more);
      }
    }
  }
}
