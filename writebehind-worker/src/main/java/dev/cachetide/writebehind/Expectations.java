package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import java.util.Map;
import java.util.Set;

/**
 * What {@link Clues} have to say, at one moment, about what is worth being looked for. Safe for any
 * thread.
 *
 * @param alert whether anything is
 * @param constraints kinds of constraints that have refused something, by table
 * @param trusted columns that have taken what looked wrong
 * @param remembered values that were refused; never changed
 */
record Expectations(
    boolean alert,
    Map<TableName, Set<Suspicion>> constraints,
    Set<Place> trusted,
    Learned remembered) {

  /** Of a log in which nothing is wrong. */
  static final Expectations NONE = new Expectations(false, Map.of(), Set.of(), new Learned());

  /** Copies the collections. */
  Expectations {
    constraints = Map.copyOf(constraints);
    trusted = Set.copyOf(trusted);
  }

  /** Which constraints of a table are worth being asked for. */
  Set<Suspicion> of(TableName table) {
    return constraints.getOrDefault(table, Set.of());
  }

  /** Whether a column has taken what looked wrong. */
  boolean trusts(TableName table, TargetColumn column) {
    return !trusted.isEmpty() && trusted.contains(new Place(table, column.name()));
  }

  /** A column. */
  record Place(TableName table, String column) {}
}
