package dev.cachetide.invalidation.rules;

import dev.cachetide.wire.TableName;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A compiled {@code fan_out}: what leaves with rows that a changed row is related to.
 *
 * <p>The related rows are looked up on the primary after the change has become visible, in the
 * state of that moment or a later one. A row that was related when the change committed and is not
 * any more when it is looked up was itself changed in between: its own table's rule evicts its
 * entry. That is why a {@code through} is refused without such a rule. The counterexample: order 9
 * is cached with the old price of product 5; the price changes; order 9 moves to product 6; the
 * lookup of product 5 finds no order 9 any more. Without a rule on orders, {@code order:9} would
 * keep the old price for good. A row that becomes related in between is evicted once more than it
 * must.
 *
 * @param at where it stands in the file, {@code rules[0].fan_out[1]}
 * @param eviction the template over a related row, and where it stands in the file
 * @param source the changed rows' table
 * @param cap the most related rows of one image of a changed row
 * @param above what leaves instead when there are more, a template over the changed row; null for
 *     everything that {@code eviction} could name
 */
public record FanOut(
    String at,
    Rule.Eviction eviction,
    TableName source,
    Relation relation,
    int cap,
    Rule.@Nullable Eviction above) {

  /** Where the relation stands in the file, {@code rules[0].fan_out[1].query}. */
  public String relationPath() {
    return at + (relation instanceof Relation.Query ? ".query" : ".through");
  }

  /** The same about the rows of another table. */
  FanOut at(TableName table) {
    return new FanOut(at, eviction, table, relation, cap, above);
  }

  /** Adds all that any related row could name. */
  public void everything(Plan plan) {
    evictions().forEach(each -> each.everything(plan));
  }

  /** The templates. */
  Stream<Rule.Eviction> evictions() {
    return above == null ? Stream.of(eviction) : Stream.of(eviction, above);
  }
}
