package dev.cachetide.invalidation;

import dev.cachetide.invalidation.EventDecoder.MalformedEvent;
import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.invalidation.rules.RulePlanner;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.RecordHandler;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * Change events to evictions: decode, plan, coalesce, apply.
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
  private final SourceTopics topics;
  private final EventDecoder decoder = new EventDecoder();
  private final EventGate gate;
  private final Evictor evictor;
  private final InvalidationMeters meters;

  InvalidationHandler(
      RuleApproval approval,
      SourceTopics topics,
      EventGate gate,
      Evictor evictor,
      InvalidationMeters meters) {
    this.approval = approval;
    this.topics = topics;
    this.gate = gate;
    this.evictor = evictor;
    this.meters = meters;
  }

  /** Reading begins only with rules that were held against the database. */
  @Override
  public Outcome assigned(Collection<TopicPartition> partitions, StartAt start) {
    return approval.check();
  }

  @Override
  public Outcome handle(ConsumerRecords<byte[], byte[]> records) {
    DecodedBatch batch = new DecodedBatch();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      plan(record, batch);
    }
    return apply(batch);
  }

  private void plan(ConsumerRecord<byte[], byte[]> record, DecodedBatch batch) {
    List<Rule> rules = topics.rules(record.topic());
    if (topics.isGeneration(record.topic())) {
      batch.plan().widen(RuleSet.everything(rules));
      return;
    }
    try {
      ChangeEvent event = decoder.decode(record);
      if (event == null) {
        return;
      }
      batch.add(event);
      if (RulePlanner.plan(event, rules, batch.plan())) {
        batch.park(record, "plan", new MalformedEvent("a row image lacks a column of a rule"));
      }
    } catch (MalformedEvent e) {
      batch.plan().widen(RuleSet.everything(rules));
      batch.park(record, "decode", e);
    }
  }

  private Outcome apply(DecodedBatch batch) {
    Outcome visible = gate.pass(batch.xids());
    if (!(visible instanceof Outcome.Applied)) {
      return visible;
    }
    Evictor.Result result = evictor.evict(batch.plan());
    if (result.failure() != null) {
      return result.failure();
    }
    meters.evicted(batch, result.removed());
    return new Outcome.Applied(batch.parked());
  }

  /** Events that will never be seen: whatever they were about leaves. */
  @Override
  public Outcome offsetsLost(Collection<TopicPartition> partitions) {
    DecodedBatch batch = new DecodedBatch();
    for (TopicPartition partition : partitions) {
      batch.plan().widen(RuleSet.everything(topics.rules(partition.topic())));
    }
    return apply(batch);
  }

  /**
   * Notices a Redis that was started again, with old entries in it, while nothing changes; and, as
   * long as nothing was assigned, rules that do not fit.
   */
  @Override
  public Outcome idle() {
    Outcome approved = approval.check();
    if (!(approved instanceof Outcome.Applied)) {
      return approved;
    }
    Outcome failure = evictor.evict(new Plan()).failure();
    return failure == null ? Outcome.applied() : failure;
  }

  @Override
  public void close() {
    gate.close();
    evictor.close();
  }
}
