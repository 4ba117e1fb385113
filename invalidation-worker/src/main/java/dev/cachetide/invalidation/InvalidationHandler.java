package dev.cachetide.invalidation;

import dev.cachetide.invalidation.EventDecoder.MalformedEvent;
import dev.cachetide.invalidation.lookup.Lookups;
import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.invalidation.rules.ReplicaColumns;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.invalidation.rules.RulePlanner;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.invalidation.rules.Want;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.RecordHandler;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * Change events to evictions: decode, plan, coalesce, look up what is related, apply, announce.
 *
 * <p>Once {@link #handle} has returned {@link Outcome.Applied}, every key that the rules name for
 * the batch's events, as the rows were and as they are, has left Redis. It only ever evicts, and
 * evictions commute with themselves: repetition, reordering and a worker that was replaced do no
 * harm, so a failed batch is simply done again as a whole.
 *
 * <p>What cannot be read widens to its table's patterns, and is then parked: first safe, then
 * recorded.
 */
final class InvalidationHandler implements RecordHandler {

  private final RuleApproval approval;
  private final RuleChange rules;
  private final EventDecoder decoder = new EventDecoder();
  private final EventGate gate;
  private final Lookups lookups;
  private final Evictor evictor;
  private final Announcer announcer;
  private final InvalidationMeters meters;

  InvalidationHandler(
      RuleApproval approval,
      RuleChange rules,
      EventGate gate,
      Lookups lookups,
      Evictor evictor,
      Announcer announcer,
      InvalidationMeters meters) {
    this.approval = approval;
    this.rules = rules;
    this.gate = gate;
    this.lookups = lookups;
    this.evictor = evictor;
    this.announcer = announcer;
    this.meters = meters;
  }

  /** Reading begins only with rules that were held against the database. */
  @Override
  public Outcome assigned(Collection<TopicPartition> partitions, StartAt start) {
    Outcome approved = approval.check();
    if (!(approved instanceof Outcome.Applied)) {
      return approved;
    }
    Outcome taken = rules.takeOver(partitions, this::flush);
    announcer.generationMayHaveChanged();
    return taken;
  }

  @Override
  public void begins(TopicPartition partition, long offset) {
    announcer.begins(partition, offset);
  }

  @Override
  public void groupReads(int partitions) {
    announcer.groupReads(partitions);
  }

  @Override
  public void unassigned(Collection<TopicPartition> partitions) {
    rules.forget(partitions);
    announcer.forget(partitions);
  }

  @Override
  public Outcome handle(ConsumerRecords<byte[], byte[]> records) {
    // First, so that a worker which is never idle beats too.
    Outcome beat = announcer.beatWhenDue();
    if (!(beat instanceof Outcome.Applied)) {
      return beat;
    }
    Outcome changed = rules.whenProposed(this::flush);
    if (!(changed instanceof Outcome.Applied)) {
      return changed;
    }
    DecodedBatch batch = new DecodedBatch();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      plan(record, batch);
    }
    return apply(batch, records);
  }

  private void plan(ConsumerRecord<byte[], byte[]> record, DecodedBatch batch) {
    SourceTopics topics = rules.current().topics();
    List<Rule> ofTopic = topics.rules(record.topic());
    if (topics.isGeneration(record.topic())) {
      batch.plan().widen(RuleSet.everything(ofTopic));
      batch.markEverything();
      return;
    }
    if (topics.isRequests(record.topic())) {
      request(record, batch);
      return;
    }
    try {
      ChangeEvent event = decoder.decode(record);
      if (event == null) {
        return;
      }
      batch.add(event, record);
      ReplicaColumns identity = rules.current().identity(record.topic());
      RulePlanner.lookUp(event, ofTopic, identity, batch.plan());
      List<Want> wants = RulePlanner.wants(event, ofTopic, identity);
      wants.forEach(batch.plan()::add);
      if (wants.stream().anyMatch(want -> want.reason().isMismatch())) {
        batch.park(record, "plan", new MalformedEvent("a row image does not fit a rule"));
      }
    } catch (MalformedEvent e) {
      batch.plan().widen(RuleSet.everything(ofTopic));
      batch.park(record, "decode", e);
    }
  }

  private static void request(ConsumerRecord<byte[], byte[]> record, DecodedBatch batch) {
    try {
      batch.request(RequestDecoder.decode(record));
    } catch (MalformedEvent e) {
      batch.park(record, "decode", e);
    }
  }

  private Outcome apply(DecodedBatch batch, ConsumerRecords<byte[], byte[]> records) {
    Outcome visible = gate.pass(batch.xids());
    if (!(visible instanceof Outcome.Applied)) {
      return visible;
    }
    Lookups.Found found = lookups.resolve(batch.plan());
    meters.lookedUp(found);
    if (found.failure() != null) {
      return found.failure();
    }
    found.failures().forEach(failed -> batch.park(failed.event(), "fan_out", failed.cause()));
    Evictor.Result result = evictor.evict(batch.plan());
    if (result.failure() != null) {
      return result.failure();
    }
    Outcome told = announcer.announce(records, batch.plan(), batch.everything());
    if (!(told instanceof Outcome.Applied)) {
      return told;
    }
    if (batch.everything()) {
      announcer.generationMayHaveChanged();
    }
    meters.evicted(batch, result.removed());
    return new Outcome.Applied(batch.parked());
  }

  /** What other rules than these, or none, have read may have left anything of it stale. */
  private Outcome flush(Plan everything) {
    DecodedBatch batch = new DecodedBatch();
    batch.plan().widen(everything);
    batch.markEverything();
    return apply(batch, ConsumerRecords.empty());
  }

  /**
   * Events that will never be seen: whatever they were about leaves. What lost requests were about
   * is not known at all, so everything that was cached before becomes old.
   */
  @Override
  public Outcome offsetsLost(Collection<TopicPartition> partitions) {
    SourceTopics topics = rules.current().topics();
    DecodedBatch batch = new DecodedBatch();
    if (partitions.stream().anyMatch(partition -> topics.isRequests(partition.topic()))) {
      Outcome bumped = announcer.bumpGeneration("requests-lost");
      if (!(bumped instanceof Outcome.Applied)) {
        return bumped;
      }
      batch.markEverything();
    }
    for (TopicPartition partition : partitions) {
      batch.plan().widen(RuleSet.everything(topics.rules(partition.topic())));
    }
    return apply(batch, ConsumerRecords.empty());
  }

  /**
   * Notices a Redis that was started again, with old entries in it, while nothing changes; and, as
   * long as nothing was assigned, rules that do not fit. Beats when neither is wrong.
   */
  @Override
  public Outcome idle() {
    Outcome approved = approval.check();
    if (!(approved instanceof Outcome.Applied)) {
      return approved;
    }
    Outcome changed = rules.whenProposed(this::flush);
    if (!(changed instanceof Outcome.Applied)) {
      return changed;
    }
    Outcome failure = evictor.evict(new Plan()).failure();
    return failure == null ? announcer.beatWhenDue() : failure;
  }

  @Override
  public void close() {
    gate.close();
    lookups.close();
    announcer.close();
    evictor.close();
  }
}
