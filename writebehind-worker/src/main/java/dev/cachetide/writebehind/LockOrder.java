package dev.cachetide.writebehind;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The order in which the rows of one table are locked, the same in every transaction, so that two
 * of them do not wait for each other: by number where the key is one whole number, which is also
 * the order of its index, else by the key's texts.
 */
final class LockOrder {

  /** Element by element; of two that begin alike the shorter one is first. */
  static final Comparator<List<String>> BY_ELEMENT = LockOrder::compare;

  private LockOrder() {}

  /** The effects on rows of one table in their order. */
  static List<RowOp> of(List<RowOp> ops) {
    List<TargetColumn> key = ops.get(0).table().key();
    if (key.size() == 1 && key.get(0).type().kind() == PgType.Kind.INTEGER) {
      return byNumber(ops);
    }
    ops.sort((a, b) -> compare(a.key(), b.key()));
    return ops;
  }

  /** Compares numbers that were read once, as there are many times more comparisons than rows. */
  private static List<RowOp> byNumber(List<RowOp> ops) {
    Numbered[] numbered = new Numbered[ops.size()];
    for (int i = 0; i < numbered.length; i++) {
      numbered[i] = Numbered.of(ops.get(i));
    }
    Arrays.sort(numbered);
    List<RowOp> sorted = new ArrayList<>(numbered.length);
    for (Numbered each : numbered) {
      sorted.add(each.op);
    }
    return sorted;
  }

  private static int compare(List<String> a, List<String> b) {
    int both = Math.min(a.size(), b.size());
    for (int i = 0; i < both; i++) {
      int order = a.get(i).compareTo(b.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(a.size(), b.size());
  }

  private record Numbered(long number, RowOp op) implements Comparable<Numbered> {

    static Numbered of(RowOp op) {
      String text = op.key().get(0);
      try {
        return new Numbered(Long.parseLong(text), op);
      } catch (NumberFormatException e) {
        // no row has such a key: Postgres will refuse it wherever it stands
        return new Numbered(Long.MAX_VALUE, op);
      }
    }

    @Override
    public int compareTo(Numbered other) {
      return Long.compare(number, other.number);
    }
  }
}
