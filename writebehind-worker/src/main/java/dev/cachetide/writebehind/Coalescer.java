package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Turns effects in log order into few statements with the same result.
 *
 * <p>Per row, effects are merged where {@link RowOp#then} can; what is left of a row keeps its
 * order by waves: the first effect of every row is in the first wave, the second in the second.
 * Effects on different rows may change places, for they commute, with two exceptions. Constraints
 * across rows (unique, foreign keys) may make the new order fail where the log's would not: the
 * caller then falls back to shorter pieces of the log. And foreign keys with an action (cascade,
 * set null) would make a new order <em>succeed with another result</em>: so an effect that cascades
 * is never moved past one that does not.
 *
 * <p>Where a table's key texts do not tell its rows apart (a timestamp has many), all its effects
 * count as effects on one row, and none is merged.
 */
final class Coalescer {

  private static final Comparator<List<String>> BY_ELEMENT = Coalescer::compare;

  /** Inserts from parents to children, then changes, then deletes from children to parents. */
  private static final Comparator<GroupKey> BY_DEPENDENCE =
      Comparator.comparing(GroupKey::kind)
          .thenComparing(key -> key.kind() == RowOp.Kind.DELETE ? -key.rank() : key.rank())
          .thenComparing(GroupKey::table)
          .thenComparing(GroupKey::set, BY_ELEMENT)
          .thenComparing(GroupKey::add, BY_ELEMENT);

  private Coalescer() {}

  /** The statements that carry out these effects, in the order to execute them. */
  static List<RowGroup> coalesce(List<RowOp> log) {
    List<RowGroup> groups = new ArrayList<>();
    int start = 0;
    for (int end = 1; end <= log.size(); end++) {
      if (end == log.size() || log.get(end).cascades() != log.get(start).cascades()) {
        groups.addAll(segment(log.subList(start, end)));
        start = end;
      }
    }
    return groups;
  }

  private static List<RowGroup> segment(List<RowOp> segment) {
    Map<RowKey, List<RowOp>> rows = new LinkedHashMap<>();
    for (RowOp op : segment) {
      List<RowOp> row = rows.computeIfAbsent(RowKey.of(op), key -> new ArrayList<>(1));
      if (op.table().tellsRowsApart()) {
        row.add(op.kind() == RowOp.Kind.UPSERT && exists(row) ? op.asChange() : op);
        mergeLast(row);
      } else {
        row.add(op);
      }
    }
    List<RowGroup> groups = new ArrayList<>();
    for (int wave = 0; ; wave++) {
      List<RowGroup> statements = statements(rows, wave);
      if (statements.isEmpty()) {
        return groups;
      }
      groups.addAll(statements);
    }
  }

  /** Whether the row is certain to exist after these effects. */
  private static boolean exists(List<RowOp> row) {
    for (int i = row.size() - 1; i >= 0 && row.get(i).kind() != RowOp.Kind.DELETE; i--) {
      if (row.get(i).kind() == RowOp.Kind.UPSERT) {
        return true;
      }
    }
    return false;
  }

  private static void mergeLast(List<RowOp> row) {
    while (row.size() > 1) {
      Optional<RowOp> merged = row.get(row.size() - 2).then(row.get(row.size() - 1));
      if (merged.isEmpty()) {
        return;
      }
      row.remove(row.size() - 1);
      row.set(row.size() - 1, merged.get());
    }
  }

  private static List<RowGroup> statements(Map<RowKey, List<RowOp>> rows, int wave) {
    Map<GroupKey, List<RowOp>> groups = new TreeMap<>(BY_DEPENDENCE);
    for (List<RowOp> row : rows.values()) {
      if (wave < row.size()) {
        groups
            .computeIfAbsent(GroupKey.of(row.get(wave)), k -> new ArrayList<>())
            .add(row.get(wave));
      }
    }
    List<RowGroup> statements = new ArrayList<>(groups.size());
    groups.forEach(
        (key, ops) -> {
          ops.sort(Comparator.comparing(RowOp::key, BY_ELEMENT));
          statements.add(new RowGroup(ops.get(0).table(), key.kind(), key.set(), key.add(), ops));
        });
    return statements;
  }

  private static int compare(List<String> a, List<String> b) {
    for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
      int order = a.get(i).compareTo(b.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(a.size(), b.size());
  }

  /** One row; or one table, where its rows cannot be told apart. */
  private record RowKey(TableName table, List<String> key) {
    static RowKey of(RowOp op) {
      return new RowKey(op.table().name(), op.table().tellsRowsApart() ? op.key() : List.of());
    }
  }

  private record GroupKey(
      TableName table, int rank, RowOp.Kind kind, List<String> set, List<String> add) {
    static GroupKey of(RowOp op) {
      return new GroupKey(
          op.table().name(),
          op.table().rank(),
          op.kind(),
          List.copyOf(op.set().keySet()),
          List.copyOf(op.add().keySet()));
    }
  }
}
