package dev.cachetide.invalidation;

import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.LimitedPlanner;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.invalidation.rules.StormGovernor;
import dev.cachetide.invalidation.rules.TransactionId;
import dev.cachetide.invalidation.rules.Want;
import dev.cachetide.runtime.DeadLetter;
import dev.cachetide.wire.Invalidation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What the records of one poll call for. Mutable, for one thread. */
final class DecodedBatch {

  private static final String WILDCARDS = "*?[";

  private final Plan plan = new Plan();
  private final LimitedPlanner planner;
  private final List<DeadLetter> parked = new ArrayList<>();

  /** By identity: two events may say the same. */
  private final IdentityHashMap<ChangeEvent, ConsumerRecord<byte[], byte[]>> records =
      new IdentityHashMap<>();

  private final Map<Named, Integer> named = new HashMap<>();
  private final Set<Long> xids = new LinkedHashSet<>();
  private final List<Long> committedMicros = new ArrayList<>();
  private int events;
  private int skipped;
  private int requests;
  private int unbounded;
  private boolean everything;

  DecodedBatch(StormGovernor governor) {
    planner = new LimitedPlanner(governor, plan);
  }

  /** An event that nothing is left to be evicted for. */
  void skip(TransactionId transaction) {
    skipped++;
    committedMicros.add(transaction.committedMicros());
  }

  /** Remembers an event for the gate, for the delay's measurement and for {@link #park}. */
  void add(ChangeEvent event, ConsumerRecord<byte[], byte[]> record) {
    events++;
    records.put(event, record);
    // A snapshot's rows were visible when they were read. Theirs is the id of the transaction that
    // reads them, which goes on until the last table is done: nobody may wait for that.
    if (event.xid() >= 0 && event.operation() != ChangeEvent.Operation.READ) {
      xids.add(event.xid());
    }
    if (event.committedMicros() >= 0) {
      committedMicros.add(event.committedMicros());
    }
  }

  /** Counts what a rule's evictions named, for the meters. */
  void named(List<Want> wants) {
    for (Want want : wants) {
      named.merge(
          new Named(want.rule().name(), want.eviction().kind().key(), want.widened()),
          1,
          Integer::sum);
    }
  }

  /** How often, by what. */
  Map<Named, Integer> named() {
    return named;
  }

  /** Adds what an application asked for. */
  void request(Invalidation wanted) {
    requests++;
    if (wanted instanceof Invalidation.Key key) {
      plan.evict(key.target());
    } else if (wanted instanceof Invalidation.Tag tag) {
      plan.evictTag(tag.target());
    } else if (wanted instanceof Invalidation.Version version) {
      plan.evictVersion(version.target());
    } else {
      plan.evictMatching(wanted.target());
      unbounded += WILDCARDS.indexOf(wanted.target().charAt(0)) >= 0 ? 1 : 0;
    }
  }

  /** Sets aside the record of an event that was added. */
  void park(ChangeEvent event, String stage, Exception cause) {
    park(Objects.requireNonNull(records.get(event)), stage, cause);
  }

  void park(ConsumerRecord<byte[], byte[]> record, String stage, Exception cause) {
    parked.add(new DeadLetter(record, stage, cause));
  }

  /** The plan does not tell all that may be stale. */
  void markEverything() {
    everything = true;
  }

  boolean everything() {
    return everything;
  }

  Plan plan() {
    return plan;
  }

  /** Adds to {@link #plan}, within the rules' limits. */
  LimitedPlanner planner() {
    return planner;
  }

  /** How many events nothing was left to be evicted for. */
  int skipped() {
    return skipped;
  }

  List<DeadLetter> parked() {
    return parked;
  }

  /** How many were read. */
  int events() {
    return events;
  }

  /** How many applications asked for. */
  int requests() {
    return requests;
  }

  /** How many of them ask for a pattern without a fixed beginning, which may cover any key. */
  int unbounded() {
    return unbounded;
  }

  /** Of the transactions that made the changes. */
  Set<Long> xids() {
    return xids;
  }

  /** One entry an event that tells. */
  List<Long> committedMicros() {
    return committedMicros;
  }

  /**
   * What some events have called for.
   *
   * @param kind key, tag, version or pattern
   * @param widened whether it was everything that the template could name
   */
  record Named(String rule, String kind, boolean widened) {}
}
