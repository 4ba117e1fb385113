package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Turns effects in log order into few statements with the same result.
 *
 * <p>Per row, effects are merged where {@link RowOp#then} can; what is left of a row keeps its
 * order by waves: the first effect of every row is in the first wave, the second in the second.
 * Effects on different rows may change places, for they commute, with two exceptions. Constraints
 * across rows (unique, foreign keys) may make the new order fail where the log's would not: the
 * caller then asks for {@linkplain UniqueOrder levels}, or falls back to shorter pieces of the log.
 * And foreign keys with an action (cascade, set null) would make a new order <em>succeed with
 * another result</em>: so an effect that cascades is never moved past one that does not.
 *
 * <p>Where a table's key texts do not tell its rows apart (a timestamp has many), all its effects
 * count as effects on one row, and none is merged.
 */
final class Coalescer {

  /** Inserts from parents to children, then changes, then deletes from children to parents. */
  private static final Comparator<GroupKey> BY_DEPENDENCE =
      Comparator.comparingInt((GroupKey key) -> key.kind().phase())
          .thenComparing(key -> key.kind() == RowOp.Kind.DELETE ? -key.rank() : key.rank())
          .thenComparing(GroupKey::table)
          .thenComparing(GroupKey::kind)
          .thenComparing(GroupKey::guarded)
          .thenComparing(GroupKey::set, LockOrder.BY_ELEMENT)
          .thenComparing(GroupKey::add, LockOrder.BY_ELEMENT);

  private Coalescer() {}

  /** The statements that carry out these effects, in the order to execute them. */
  static List<RowGroup> coalesce(List<RowOp> log) {
    return coalesce(log, new int[log.size()]);
  }

  /**
   * The same, with every effect carried out behind those of a lower level; a level is never lower
   * than that of an effect before on the same row.
   */
  static List<RowGroup> coalesce(List<RowOp> log, int[] levels) {
    List<RowGroup> groups = new ArrayList<>();
    int start = 0;
    for (int end = 1; end <= log.size(); end++) {
      if (end == log.size() || log.get(end).cascades() != log.get(start).cascades()) {
        groups.addAll(segment(log, levels, start, end));
        start = end;
      }
    }
    return groups;
  }

  private static List<RowGroup> segment(List<RowOp> log, int[] levels, int start, int end) {
    Map<RowKey, Row> rows = new LinkedHashMap<>(2 * (end - start));
    for (int i = start; i < end; i++) {
      rows.computeIfAbsent(RowKey.of(log.get(i)), key -> new Row()).add(log.get(i), levels[i]);
    }
    SortedMap<Wave, Map<GroupKey, List<RowOp>>> waves = new TreeMap<>(Wave.ORDER);
    for (Row row : rows.values()) {
      Wave wave = Wave.BEFORE_ALL;
      for (Step step : row.steps) {
        wave = wave.next(step.level());
        waves
            .computeIfAbsent(wave, w -> new HashMap<>())
            .computeIfAbsent(GroupKey.of(step.op()), k -> new ArrayList<>())
            .add(step.op());
      }
    }
    List<RowGroup> groups = new ArrayList<>();
    waves.values().forEach(wave -> groups.addAll(inOrder(wave)));
    return groups;
  }

  private static List<RowGroup> inOrder(Map<GroupKey, List<RowOp>> wave) {
    return wave.entrySet().stream()
        .sorted(Map.Entry.comparingByKey(BY_DEPENDENCE))
        .map(entry -> group(entry.getKey(), entry.getValue()))
        .toList();
  }

  private static RowGroup group(GroupKey key, List<RowOp> ops) {
    return new RowGroup(ops.get(0).table(), key.kind(), key.set(), key.add(), LockOrder.of(ops));
  }

  /** The effects on one row, merged as they come. */
  private static final class Row {
    final List<Step> steps = new ArrayList<>(1);

    void add(RowOp op, int level) {
      if (!op.table().tellsRowsApart()) {
        steps.add(new Step(op, level));
        return;
      }
      RowOp next = op.kind() == RowOp.Kind.UPSERT && exists() ? op.asChange() : op;
      Optional<RowOp> merged = merged(next, level);
      while (merged.isPresent()) {
        next = merged.get();
        level = steps.remove(steps.size() - 1).level();
        merged = merged(next, level);
      }
      steps.add(new Step(next, level));
    }

    /** Whether the row is certain to exist after these effects. */
    private boolean exists() {
      for (int i = steps.size() - 1; i >= 0; i--) {
        RowOp.Kind kind = steps.get(i).op().kind();
        if (kind.inserts() || kind == RowOp.Kind.DELETE) {
          return kind.inserts();
        }
      }
      return false;
    }

    private Optional<RowOp> merged(RowOp next, int level) {
      if (steps.isEmpty() || level > steps.get(steps.size() - 1).level()) {
        return Optional.empty();
      }
      return steps.get(steps.size() - 1).op().then(next);
    }
  }

  private record Step(RowOp op, int level) {}

  /** When statements are carried out: level by level, and in one the first effects of every row. */
  private record Wave(int level, int turn) {
    static final Wave BEFORE_ALL = new Wave(0, -1);
    static final Comparator<Wave> ORDER =
        Comparator.comparingInt(Wave::level).thenComparingInt(Wave::turn);

    Wave next(int nextLevel) {
      return nextLevel > level ? new Wave(nextLevel, 0) : new Wave(level, turn + 1);
    }
  }

  private record GroupKey(
      TableName table,
      int rank,
      RowOp.Kind kind,
      boolean guarded,
      List<String> set,
      List<String> add) {
    static GroupKey of(RowOp op) {
      return new GroupKey(
          op.table().name(),
          op.table().references().rank(),
          op.kind(),
          op.base() != null,
          op.set().names(),
          op.add().names());
    }
  }
}
