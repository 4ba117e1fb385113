package dev.cachetide.invalidation;

import dev.cachetide.invalidation.refresh.Refreshes;
import dev.cachetide.invalidation.refresh.SecondEvictions;
import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.invalidation.rules.RefreshPlanner;
import dev.cachetide.invalidation.rules.ReplicaColumns;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.runtime.Outcome;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The refreshes of the worker's loop: planned with a batch, put after its evictions. */
final class Refreshing implements AutoCloseable {

  private final RefreshPlanner planner;
  private final Putting putting;
  private final Runnable stop;
  private final SecondEvictions second;
  private final InvalidationMeters meters;

  /**
   * @param stop ends what puts
   */
  Refreshing(
      RefreshPlanner planner,
      Putting putting,
      Runnable stop,
      SecondEvictions second,
      InvalidationMeters meters) {
    this.planner = planner;
    this.putting = putting;
    this.stop = stop;
    this.second = second;
    this.meters = meters;
  }

  /** Adds what an event calls for; why an operator should see it, or null. */
  @Nullable String plan(
      ChangeEvent event, List<Rule> rules, @Nullable ReplicaColumns identity, Plan plan) {
    return planner.plan(event, rules, identity, plan);
  }

  /** Puts what is to be put; what the plan evicts is not. */
  Outcome put(Plan plan) {
    plan.refreshes().drop(plan.keys());
    Outcome failure = RedisFailures.attempt(() -> putting.put(plan.refreshes()));
    if (failure != null) {
      return failure;
    }
    second.add(plan.refreshes().again());
    return Outcome.applied();
  }

  /** Plain keys whose second eviction is due. */
  List<String> due() {
    return second.due();
  }

  /** Plain keys whose second eviction is to come. */
  List<String> waiting() {
    return second.all();
  }

  void evictedAgain(List<String> keys) {
    keys.forEach(key -> meters.refreshed("plain", "again", true));
    second.done(keys);
  }

  @Override
  public void close() {
    stop.run();
  }

  /** Redis, as this class needs it. */
  interface Putting {
    /**
     * Puts all of it. When it throws, an unknown part was put, which doing it again makes whole.
     */
    void put(Refreshes refreshes) throws ExecutionException, TimeoutException, InterruptedException;
  }
}
