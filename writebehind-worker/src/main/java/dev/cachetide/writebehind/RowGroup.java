package dev.cachetide.writebehind;

import java.util.List;

/**
 * Effects on different rows that one statement carries out: same table, kind and columns.
 *
 * @param set the columns that are set, sorted
 * @param add the columns that are added to, sorted
 * @param ops sorted by key, so that concurrent transactions lock rows in one order; never empty
 */
record RowGroup(
    TargetTable table, RowOp.Kind kind, List<String> set, List<String> add, List<RowOp> ops) {}
