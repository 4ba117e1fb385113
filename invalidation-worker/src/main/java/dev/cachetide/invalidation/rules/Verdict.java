package dev.cachetide.invalidation.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one rule makes of one event, and why: for people, never for evicting.
 *
 * @param whyNot why the rule does not apply; null when it does
 * @param undecided whether it applies only because the event does not tell enough to decide its
 *     condition
 * @param wants what leaves; empty when the rule does not apply
 * @param lookups for related rows, which then name more that leaves
 */
public record Verdict(
    Rule rule,
    @Nullable String whyNot,
    boolean undecided,
    List<Want> wants,
    List<RelatedRows> lookups) {

  /** Copies the lists. */
  public Verdict {
    wants = List.copyOf(wants);
    lookups = List.copyOf(lookups);
  }

  /**
   * One for each rule, in their order.
   *
   * @param rules of the event's table
   * @param identity as for {@link RulePlanner#wants}
   */
  public static List<Verdict> of(
      ChangeEvent event, List<Rule> rules, @Nullable ReplicaColumns identity) {
    ChangedRow row = new ChangedRow(event, identity);
    List<Verdict> verdicts = new ArrayList<>();
    for (Rule rule : rules) {
      Optional<String> whyNot = WhyNot.of(rule, row);
      boolean undecided =
          event.operation() != ChangeEvent.Operation.TRUNCATE
              && rule.when().test(row) == Condition.Truth.UNKNOWN;
      verdicts.add(
          new Verdict(
              rule,
              whyNot.orElse(null),
              undecided,
              RulePlanner.wants(event, List.of(rule), identity),
              whyNot.isPresent() ? List.of() : RelatedRows.of(rule, row)));
    }
    return verdicts;
  }
}
