package dev.cachetide.writebehind;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One effect on one row: of a single write command, or of several coalesced.
 *
 * <p>Update and delta are one kind, {@link Kind#CHANGE}, which sets some columns and adds to
 * others: so any run of them on one row is one effect.
 *
 * @param key texts of the key columns, in the table's order
 * @param set texts by column; never in {@code add} as well; empty for a delete
 * @param add amounts by column; only of a change
 * @param absentAllowed for a delete whose row an earlier, coalesced upsert may have inserted:
 *     finding none is then no error
 * @param base text of the version that the row must have, else the effect has lost a conflict; null
 *     when any will do; only of a change or a delete
 */
record RowOp(
    TargetTable table,
    Kind kind,
    List<String> key,
    Columns<@Nullable String> set,
    Columns<BigDecimal> add,
    boolean absentAllowed,
    @Nullable String base) {

  enum Kind {
    INSERT(0),
    UPSERT(0),
    CHANGE(1),
    DELETE(2);

    private final int phase;

    Kind(int phase) {
      this.phase = phase;
    }

    /** A higher one comes later, whatever the table. */
    int phase() {
      return phase;
    }

    /** Whether a row that exists afterwards may not have existed before. */
    boolean inserts() {
      return this == INSERT || this == UPSERT;
    }
  }

  static RowOp insert(TargetTable table, List<String> key, Columns<@Nullable String> set) {
    return new RowOp(table, Kind.INSERT, key, set, Columns.none(), false, null);
  }

  static RowOp upsert(TargetTable table, List<String> key, Columns<@Nullable String> set) {
    return new RowOp(table, Kind.UPSERT, key, set, Columns.none(), false, null);
  }

  static RowOp change(
      TargetTable table, List<String> key, Columns<@Nullable String> set, Columns<BigDecimal> add) {
    return new RowOp(table, Kind.CHANGE, key, set, add, false, null);
  }

  static RowOp delete(TargetTable table, List<String> key) {
    return new RowOp(table, Kind.DELETE, key, Columns.none(), Columns.none(), false, null);
  }

  /** The same effect, on a row that has this version and on no other. */
  RowOp onlyAt(String version) {
    return new RowOp(table, kind, key, set, add, absentAllowed, version);
  }

  /** What an upsert of a row that is certain to exist comes to. */
  RowOp asChange() {
    return change(table, key, set, add);
  }

  /** Whether Postgres itself carries this effect on to rows that refer to this one. */
  boolean cascades() {
    if (kind == Kind.DELETE) {
      return table.references().cascadingDelete();
    }
    for (String column : table.references().cascadingColumns()) {
      if (set.containsKey(column) || add.containsKey(column)) {
        return true;
      }
    }
    return false;
  }

  /**
   * One effect that equals this one followed by {@code next} on the same row, whether the row
   * exists or not and down to which of the two fails because it does or does not; empty when there
   * is none. An effect that may lose a conflict stands alone: which of two has lost must be told.
   */
  Optional<RowOp> then(RowOp next) {
    if (base != null || next.base != null) {
      return Optional.empty();
    }
    return switch (next.kind) {
      // fails unless this one has removed the row, and then it depends on what was removed
      case INSERT -> Optional.empty();
      case UPSERT -> kind.inserts() ? Optional.of(overwritten(next)) : Optional.empty();
      case CHANGE -> kind == Kind.DELETE ? Optional.empty() : changed(next);
      case DELETE -> deleted(next);
    };
  }

  private RowOp overwritten(RowOp next) {
    return new RowOp(table, kind, key, set.with(next.set), add, false, null);
  }

  private Optional<RowOp> deleted(RowOp delete) {
    return switch (kind) {
      // together they demand that there was no row: no statement says so without inserting it
      case INSERT -> Optional.empty();
      case UPSERT -> Optional.of(delete.absentAllowed ? delete : allowingAbsent(delete));
      case CHANGE -> delete.absentAllowed ? Optional.empty() : Optional.of(delete);
      // after this delete the row is gone, so a delete that allows for that does nothing
      case DELETE -> delete.absentAllowed ? Optional.of(this) : Optional.empty();
    };
  }

  private static RowOp allowingAbsent(RowOp delete) {
    return new RowOp(delete.table, Kind.DELETE, delete.key, delete.set, delete.add, true, null);
  }

  private Optional<RowOp> changed(RowOp change) {
    if (add.isEmpty() && change.add.isEmpty()) {
      return Optional.of(overwritten(change));
    }
    SortedMap<String, @Nullable String> merged = new TreeMap<>(set);
    merged.putAll(change.set);
    SortedMap<String, BigDecimal> sums = new TreeMap<>(add);
    sums.keySet().removeAll(change.set.keySet());
    for (var amount : change.add.entrySet()) {
      String column = amount.getKey();
      if (set.containsKey(column)) {
        Optional<String> folded = folded(column, amount.getValue());
        if (folded.isEmpty()) {
          return Optional.empty();
        }
        merged.put(column, folded.get());
      } else if (kind.inserts()) {
        return Optional.empty();
      } else {
        sums.merge(column, amount.getValue(), BigDecimal::add);
      }
    }
    return Optional.of(
        new RowOp(table, kind, key, Columns.of(merged), Columns.of(sums), false, null));
  }

  private Optional<String> folded(String column, BigDecimal amount) {
    String text = set.get(column);
    PgType type = table.known(column).type();
    try {
      BigDecimal base = text == null ? BigDecimal.ZERO : PgText.decimal(text).orElse(null);
      return base == null
          ? Optional.empty()
          : Optional.ofNullable(PgText.value(type, base.add(amount)));
    } catch (MisfitException e) {
      // text with a fraction in an integer column: left to Postgres, each command by itself
      return Optional.empty();
    }
  }
}
