package dev.cachetide.invalidation;

import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.invalidation.rules.StormGovernor;
import dev.cachetide.invalidation.rules.StormGovernor.Sweep;
import dev.cachetide.runtime.Outcome;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the {@link StormGovernor}'s sweeps and believes them only as far as Redis can be believed.
 * For the loop's thread.
 *
 * <p>A sweep counts when it went over the very servers that the loop evicts from, when those are
 * the same ones from its beginning until its batch is applied, and when the caches inside
 * applications were told. When other servers answer, nothing counts any more; and since events may
 * have been skipped after the change and before it was noticed, the rules concerned are swept once
 * more, there and then.
 */
final class Storms implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Storms.class);

  /**
   * A sweep of two million keys takes a few seconds when nobody competes with it, and over twenty
   * against the handling of their events one by one, which it makes superfluous. In a Redis so big
   * that it takes longer still, the rows' other rules must not wait for it.
   */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final StormGovernor governor;
  private final Sweeper sweeper;
  private final Evictor evictor;
  private final InvalidationMeters meters;
  private final LongSupplier nanoTime;
  private @Nullable Sweep running;
  private @Nullable Sweep finished;
  private long finishedKeys;
  private int changesAtBegin;
  private int changesSeen;
  private long beganNanos;

  Storms(
      StormGovernor governor,
      Sweeper sweeper,
      Evictor evictor,
      InvalidationMeters meters,
      LongSupplier nanoTime) {
    this.governor = governor;
    this.sweeper = sweeper;
    this.evictor = evictor;
    this.meters = meters;
    this.nanoTime = nanoTime;
  }

  StormGovernor governor() {
    return governor;
  }

  /**
   * A rule whose records had better wait, since a sweep is about to make them superfluous; null
   * when there is none, or it takes too long.
   */
  @Nullable Rule worthWaitingFor() {
    Sweep sweep = running == null ? finished : running;
    boolean patient = nanoTime.getAsLong() - beganNanos < PATIENCE_NANOS;
    return sweep != null && patient ? sweep.rule() : null;
  }

  /** Takes note of a sweep that has ended. Whether it is to be told of with the next batch. */
  boolean look() {
    Sweeper.Swept swept = sweeper.take();
    Sweep sweep = running;
    if (swept != null && sweep != null) {
      running = null;
      if (swept.done()
          && changesAtBegin == evictor.changes()
          && swept.runIds().equals(evictor.answering())) {
        finished = sweep;
        finishedKeys = swept.keys();
      } else {
        governor.failed(sweep);
      }
    }
    return finished != null;
  }

  /**
   * To be called when Redis has answered for a batch's plan, and before it is told of: adds what
   * has left beside it.
   *
   * @return {@link Outcome.Applied}, or why the batch is not finished
   */
  Outcome settle(Plan told) {
    if (evictor.changes() != changesSeen) {
      Plan owed = RuleSet.coarse(governor.trusted());
      if (!owed.isEmpty()) {
        Outcome failure = evictor.evict(owed).failure();
        if (failure != null) {
          return failure;
        }
        told.widen(owed);
      }
      changesSeen = evictor.changes();
      finished = null;
      governor.forget();
    }
    if (finished != null) {
      told.widen(finished.rule().coarse());
    }
    return Outcome.applied();
  }

  /** The batch is applied and told. */
  void applied(DecodedBatch batch) {
    Sweep told = finished;
    if (told != null) {
      finished = null;
      governor.swept(told);
      covered(told.rule(), told.transactions().size(), finishedKeys);
    }
    for (Rule rule : batch.planner().applied()) {
      covered(rule, 0, 0);
    }
    if (running == null && finished == null && sweeper.idle()) {
      begin(governor.due());
    }
  }

  private void begin(@Nullable Sweep due) {
    if (due != null) {
      running = due;
      beganNanos = nanoTime.getAsLong();
      changesAtBegin = evictor.changes();
      sweeper.begin(due.rule().coarse());
    }
  }

  private void covered(Rule rule, int transactions, long keys) {
    meters.storm();
    log.atWarn()
        .addKeyValue("rule", rule.name())
        .addKeyValue("limit", rule.limits().keysPerTransaction())
        .addKeyValue("transactions", transactions)
        .addKeyValue("keys", keys)
        .log("more keys than the rule's limit: evicted as a whole in place of one by one");
  }

  @Override
  public void close() {
    sweeper.close();
  }
}
