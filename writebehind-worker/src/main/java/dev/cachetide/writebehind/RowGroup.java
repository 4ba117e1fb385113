package dev.cachetide.writebehind;

import java.util.List;

/**
 * Effects on different rows that one statement carries out: same table, kind and columns, and all
 * of them with a {@linkplain RowOp#base base} or none.
 *
 * @param set the columns that are set, sorted
 * @param add the columns that are added to, sorted
 * @param ops sorted by key, so that concurrent transactions lock rows in one order; never empty
 */
record RowGroup(
    TargetTable table, RowOp.Kind kind, List<String> set, List<String> add, List<RowOp> ops) {

  /** One effect by itself. */
  static RowGroup of(RowOp op) {
    return new RowGroup(op.table(), op.kind(), op.set().names(), op.add().names(), List.of(op));
  }

  /** Whether each effect is for a row of one version only. */
  boolean guarded() {
    return ops.get(0).base() != null;
  }

  /** The same rows, nothing set and nothing added. */
  RowGroup onlyRows(List<RowOp> some) {
    return new RowGroup(table, RowOp.Kind.CHANGE, List.of(), List.of(), some);
  }
}
