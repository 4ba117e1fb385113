package dev.cachetide.invalidation;

import dev.cachetide.invalidation.EventDecoder.MalformedEvent;
import dev.cachetide.invalidation.lookup.Lookups;
import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.invalidation.rules.ReplicaColumns;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.invalidation.rules.TransactionId;
import dev.cachetide.invalidation.rules.Want;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.RecordHandler;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.wire.TableName;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * Change events to evictions: decode, plan, coalesce, look up what is related, apply, announce.
 *
 * <p>Once {@link #handle} has returned {@link Outcome.Applied}, every key that the rules name for
 * the batch's events, as the rows were and as they are, has left Redis. It only ever evicts, and
 * evictions commute with themselves: repetition, reordering and a worker that was replaced do no
 * harm, so a failed batch is simply done again as a whole. What is put afterwards is ordered, and
 * may be repeated too.
 *
 * <p>What cannot be read widens to its table's patterns, and is then parked: first safe, then
 * recorded.
 */
final class InvalidationHandler implements RecordHandler {

  /** The scope of a generation that is of no single table. */
  private static final String WHOLE_PIPELINE = "*";

  private final RuleApproval approval;
  private final RuleChange rules;
  private final WrittenTables written;
  private final EventDecoder decoder = new EventDecoder();
  private final EventGate gate;
  private final Lookups lookups;
  private final Evictor evictor;
  private final Refreshing refreshing;
  private final Announcer announcer;
  private final InvalidationMeters meters;
  private final Storms storms;
  private final TransactionOf transactions;
  private final BooleanSupplier vouching;
  private final Tombstones tombstones = new Tombstones();

  /**
   * @param vouching whether nothing is paused that caches rely on
   */
  InvalidationHandler(
      RuleApproval approval,
      RuleChange rules,
      WrittenTables written,
      EventGate gate,
      Lookups lookups,
      Evictor evictor,
      Refreshing refreshing,
      Announcer announcer,
      InvalidationMeters meters,
      Storms storms,
      TransactionOf transactions,
      BooleanSupplier vouching) {
    this.approval = approval;
    this.rules = rules;
    this.written = written;
    this.gate = gate;
    this.lookups = lookups;
    this.evictor = evictor;
    this.refreshing = refreshing;
    this.announcer = announcer;
    this.meters = meters;
    this.storms = storms;
    this.transactions = transactions;
    this.vouching = vouching;
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
    tombstones.forget(partitions);
    announcer.forget(partitions);
  }

  /**
   * What a sweep is about to make superfluous is left in Kafka, so that other keys need not wait.
   */
  @Override
  public Set<TopicPartition> notYet() {
    Rule swept = storms.worthWaitingFor();
    return swept == null ? Set.of() : rules.owned(swept);
  }

  @Override
  public Outcome handle(ConsumerRecords<byte[], byte[]> records) {
    // First, so that a worker which is never idle beats too.
    Outcome beat = beatWhenDue();
    if (!(beat instanceof Outcome.Applied)) {
      return beat;
    }
    Outcome changed = rules.whenProposed(this::flush);
    if (!(changed instanceof Outcome.Applied)) {
      return changed;
    }
    Outcome second = evictAgain(refreshing.due());
    if (!(second instanceof Outcome.Applied)) {
      return second;
    }
    storms.look();
    DecodedBatch batch = new DecodedBatch(storms.governor());
    for (ConsumerRecord<byte[], byte[]> record : records) {
      plan(record, batch);
    }
    return apply(batch, records);
  }

  private void plan(ConsumerRecord<byte[], byte[]> record, DecodedBatch batch) {
    SourceTopics topics = rules.current().topics();
    List<Rule> ofTopic = topics.rules(record.topic());
    if (topics.isGeneration(record.topic())) {
      bumped(record, ofTopic, batch);
      return;
    }
    if (topics.isHeartbeats(record.topic())) {
      return;
    }
    if (topics.isRequests(record.topic())) {
      request(record, batch);
      return;
    }
    TransactionId transaction = transactions.before(record);
    if (transaction != null && storms.governor().coversAll(transaction, ofTopic)) {
      // Before it is decoded: there may be millions of them.
      batch.skip(transaction);
      return;
    }
    try {
      ChangeEvent decoded = decoder.decode(record, rules.current().forms(record.topic()));
      if (decoded == null) {
        tombstone(record, ofTopic, batch);
        return;
      }
      if (decoded.operation() == Operation.DELETE && rules.current().foreign()) {
        tombstones.deleted(record);
      }
      ChangeEvent event = decoded.sparing(written.spared(topics.table(record.topic()), record));
      batch.add(event, record);
      ReplicaColumns identity = rules.current().identity(record.topic());
      List<Want> wants =
          batch.planner().plan(event, transactions.after(event, transaction), ofTopic, identity);
      batch.named(wants);
      String trouble = refreshing.plan(event, ofTopic, identity, batch.plan());
      if (wants.stream().anyMatch(want -> want.reason().isMismatch())) {
        batch.park(record, "plan", lacking("a row image does not fit a rule", record));
      } else if (trouble != null) {
        batch.park(record, "plan", lacking(trouble, record));
      }
    } catch (MalformedEvent e) {
      batch.plan().widen(RuleSet.everything(ofTopic));
      batch.park(record, "decode", e);
    }
  }

  private void tombstone(
      ConsumerRecord<byte[], byte[]> record, List<Rule> ofTopic, DecodedBatch batch) {
    if (record.value() == null && rules.current().foreign() && !tombstones.follows(record)) {
      batch.plan().widen(RuleSet.everything(ofTopic));
    }
  }

  /** What lacks, and the connector's setting that would tell it, if it is that. */
  private MalformedEvent lacking(String trouble, ConsumerRecord<byte[], byte[]> record)
      throws MalformedEvent {
    TableName name = rules.current().topics().table(record.topic());
    TableInfo table = name == null ? null : rules.current().table(name).orElse(null);
    return new MalformedEvent(
        table == null
            ? trouble
            : trouble + decoder.lacking(record, table, rules.current().forms(record.topic())));
  }

  /**
   * Of one table, when the row says which, even if no rule is about it; else of the whole pipeline.
   */
  private void bumped(ConsumerRecord<byte[], byte[]> record, List<Rule> all, DecodedBatch batch) {
    Optional<String> table =
        decoder.generationScope(record).filter(scope -> !scope.equals(WHOLE_PIPELINE));
    if (table.isEmpty()) {
      batch.plan().widen(RuleSet.everythingAndPositions(all));
      batch.markEverything();
      return;
    }
    List<Rule> ofTable =
        all.stream()
            .filter(rule -> table.get().equals(rule.schema() + "." + rule.table()))
            .toList();
    if (!ofTable.isEmpty()) {
      batch.plan().widen(RuleSet.everything(ofTable));
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
    Outcome settled = storms.settle(batch.plan());
    if (!(settled instanceof Outcome.Applied)) {
      return settled;
    }
    Outcome put = refreshing.put(batch.plan());
    if (!(put instanceof Outcome.Applied)) {
      return put;
    }
    Outcome told = tell(batch, records);
    if (!(told instanceof Outcome.Applied)) {
      return told;
    }
    if (batch.everything()) {
      announcer.generationMayHaveChanged();
    }
    storms.applied(batch);
    meters.evicted(batch, result.removed());
    return new Outcome.Applied(batch.parked());
  }

  private Outcome tell(DecodedBatch batch, ConsumerRecords<byte[], byte[]> records) {
    return records.isEmpty() && batch.plan().isEmpty() && !batch.everything()
        ? Outcome.applied()
        : announcer.announce(records, batch.plan(), batch.everything());
  }

  /** What other rules than these, or none, have read may have left anything of it stale. */
  private Outcome flush(Plan everything) {
    DecodedBatch batch = new DecodedBatch(storms.governor());
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
    DecodedBatch batch = new DecodedBatch(storms.governor());
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
    Outcome second = evictAgain(refreshing.due());
    if (!(second instanceof Outcome.Applied)) {
      return second;
    }
    storms.look();
    // A batch of nothing: another start of Redis is noticed by it, and the end of a sweep.
    Outcome applied = apply(new DecodedBatch(storms.governor()), ConsumerRecords.empty());
    return applied instanceof Outcome.Applied ? beatWhenDue() : applied;
  }

  /** Not while anything is paused that caches rely on, and a resumed rule has to be back first. */
  private Outcome beatWhenDue() {
    announcer.vouching(vouching.getAsBoolean() && !rules.isChanging());
    return announcer.beatWhenDue();
  }

  private Outcome evictAgain(List<String> keys) {
    if (keys.isEmpty()) {
      return Outcome.applied();
    }
    Plan again = new Plan();
    keys.forEach(again::evict);
    Outcome failure = evictor.evict(again).failure();
    if (failure != null) {
      return failure;
    }
    refreshing.evictedAgain(keys);
    return announcer.announce(ConsumerRecords.empty(), again, false);
  }

  @Override
  public void close() {
    // What was to come later is done now: nobody else knows of it.
    Outcome unused = evictAgain(refreshing.waiting());
    refreshing.close();
    gate.close();
    lookups.close();
    storms.close();
    announcer.close();
    evictor.close();
  }
}
