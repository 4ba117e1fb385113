package dev.cachetide.writebehind;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which effects of a log are expected to be refused, by index, and why. */
final class Suspects {

  /** At most one suspect in so many: more are not worth being treated one by one. */
  private static final int SPARSE = 4;

  private final BitSet all = new BitSet();
  private final BitSet inPlace = new BitSet();
  private final Map<Integer, Suspicion> why = new HashMap<>();

  /** Adds one; the first reason given stays. */
  void add(int index, Suspicion suspicion) {
    if (why.putIfAbsent(index, suspicion) == null) {
      all.set(index);
      inPlace.set(index, !suspicion.mayWait());
    }
  }

  /** One that is to be tried where the log has it, whatever it is suspected of. */
  void keepInPlace(int index) {
    add(index, Suspicion.OTHERS);
    inPlace.set(index);
  }

  boolean contains(int index) {
    return all.get(index);
  }

  @Nullable Suspicion why(int index) {
    return why.get(index);
  }

  /** Those of a piece that are to be tried in their place; empty when there are too many. */
  BitSet cuts(int from, int to) {
    return few(inPlace, from, to);
  }

  /** Those of a piece that may be tried behind its end; empty when there are too many. */
  BitSet waiting(int from, int to) {
    BitSet waiting = few(all, from, to);
    waiting.andNot(inPlace);
    return waiting;
  }

  /** Whether a piece has any that may be tried behind its end. */
  boolean waits(Deferral piece) {
    return !waiting(piece.from(), piece.to()).isEmpty();
  }

  private static BitSet few(BitSet some, int from, int to) {
    BitSet piece = some.get(from, to);
    BitSet found = new BitSet();
    if (piece.cardinality() <= (to - from) / SPARSE) {
      piece.stream().forEach(i -> found.set(from + i));
    }
    return found;
  }
}
