package dev.cachetide.invalidation.rules;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Applies rules to the events of one batch, within their limits. What goes beyond becomes the
 * rule's coarse eviction: of one event at once, of a batch for the rest of it, of a transaction by
 * a sweep of the {@link StormGovernor}. For one thread and one batch.
 */
public final class LimitedPlanner {

  private final StormGovernor governor;
  private final Plan plan;
  private final IdentityHashMap<Rule, Tally> tallies = new IdentityHashMap<>();

  /** Adds to the plan. */
  public LimitedPlanner(StormGovernor governor, Plan plan) {
    this.governor = governor;
    this.plan = plan;
  }

  /**
   * Adds what an event calls for.
   *
   * @param transaction null when it is not known, or not known to be visible
   * @param identity as {@link RulePlanner#wants} takes it
   * @return as {@link RulePlanner#wants}, of the rules that still look at single rows
   */
  public List<Want> plan(
      ChangeEvent event,
      @Nullable TransactionId transaction,
      List<Rule> rules,
      @Nullable ReplicaColumns identity) {
    List<Want> all = new ArrayList<>();
    for (Rule rule : rules) {
      Tally tally = tallies.computeIfAbsent(rule, any -> new Tally());
      if (governor.covers(transaction, rule)) {
        continue;
      }
      if (tally.full) {
        tally.add(transaction, 1);
        continue;
      }
      Plan one = new Plan(rule.spared(event));
      RulePlanner.lookUp(event, List.of(rule), identity, one);
      List<Want> wants = RulePlanner.wants(event, List.of(rule), identity);
      wants.forEach(one::add);
      boolean tooMany = wants.stream().anyMatch(want -> want.reason() == Want.Reason.TOO_MANY);
      tally.add(transaction, plan(rule, one, tooMany, tally));
      all.addAll(wants);
    }
    return all;
  }

  /** How many names the event has added. */
  private int plan(Rule rule, Plan one, boolean tooMany, Tally tally) {
    int names = one.names();
    tally.full = tally.names + names > rule.limits().keysPerTransaction();
    if (tally.full || tooMany || names > rule.limits().keysPerEvent()) {
      plan.widen(rule.coarse());
    } else {
      plan.add(one);
    }
    return names;
  }

  /**
   * Redis has answered for the plan, and everybody was told.
   *
   * @return the rules that have left as a whole
   */
  public List<Rule> applied() {
    List<Rule> coarse = new ArrayList<>();
    tallies.forEach(
        (rule, tally) -> {
          if (tally.full) {
            coarse.add(rule);
            tally.byTransaction.keySet().forEach(each -> governor.cover(each, rule));
          }
          tally.byTransaction.forEach((each, names) -> governor.count(each, rule, names));
        });
    return coarse;
  }

  private static final class Tally {
    private final Map<TransactionId, Integer> byTransaction = new HashMap<>();
    private long names;
    private boolean full;

    void add(@Nullable TransactionId transaction, int count) {
      names += count;
      if (transaction != null) {
        byTransaction.merge(transaction, count, Integer::sum);
      }
    }
  }
}
