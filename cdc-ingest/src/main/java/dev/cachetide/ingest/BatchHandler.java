package dev.cachetide.ingest;

import dev.cachetide.runtime.postgres.Snapshot;
import dev.cachetide.runtime.postgres.VisibilityGate.Passage;
import dev.cachetide.runtime.postgres.VisibilityGate.Verdict;
import io.debezium.engine.DebeziumEngine.ChangeConsumer;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens to one batch: read, wait until visible, publish, and only then let the slot move.
 *
 * <p>Guarantees: no event is published before every reader of the primary can see it, except past
 * the gate's limit, and then it is published again once it can; the slot never moves past an event
 * that Kafka has not acknowledged; records are marked in their order. A batch that fails or is
 * stopped marks nothing, and its events come again.
 */
final class BatchHandler implements ChangeConsumer<RecordChangeEvent<SourceRecord>> {

  private static final Logger log = LoggerFactory.getLogger(BatchHandler.class);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(20);
  private static final Duration NO_LIMIT = Duration.ofNanos(Long.MAX_VALUE);

  private final EventReader reader;
  private final EventEncoder encoder;
  private final Gate gate;
  private final Duration gateLimit;
  private final KafkaPublisher publisher;
  private final SlotProgress progress;
  private final IngestState state;
  private final IngestMeters meters;
  private final InstantSource clock;
  private final ReentrantLock handling = new ReentrantLock();
  private volatile boolean stopped;

  BatchHandler(Edges edges, EventReader reader, EventEncoder encoder, Duration gateLimit) {
    this.reader = reader;
    this.encoder = encoder;
    this.gateLimit = gateLimit;
    this.gate = edges.gate();
    this.publisher = edges.publisher();
    this.progress = edges.progress();
    this.state = edges.state();
    this.meters = edges.meters();
    this.clock = edges.clock();
  }

  @Override
  public void handleBatch(
      List<RecordChangeEvent<SourceRecord>> records,
      RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
      throws InterruptedException {
    // After a drain nobody unlocks: the batch waits here for the engine's own interrupt.
    if (!handling.tryLock(STOP_LIMIT.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new InterruptedException("stopped before the batch");
    }
    try {
      Batch batch = reader.read(records.stream().map(RecordChangeEvent::record).toList());
      publishOnceVisible(batch);
      batch.bumps().forEach(meters::bumped);
      mark(records, committer);
      state.heartbeatAcknowledged(batch.lastBeat());
    } finally {
      handling.unlock();
    }
  }

  /**
   * Takes no further batch, and waits for the one at hand; past the limit that one is given up. The
   * engine's own stop interrupts the handler wherever it stands, so this comes first.
   */
  @SuppressWarnings("LockNotBeforeTry") // kept: see handleBatch
  void drain(Duration limit) throws InterruptedException {
    boolean idle = handling.tryLock(limit.toNanos(), TimeUnit.NANOSECONDS);
    stopped = true;
    if (!idle) {
      log.atInfo().log("the batch at hand is given up; its events will come again");
    }
  }

  private void publishOnceVisible(Batch batch) throws InterruptedException {
    BooleanSupplier stop = () -> stopped;
    Passage passage = gate.await(batch.xids(), gateLimit, stop);
    meters.gateWaited(passage.waited());
    if (passage.verdict() == Verdict.LIMIT) {
      publishEarly(batch, passage.snapshot(), stop);
      passage = gate.await(batch.xids(), NO_LIMIT, stop);
    }
    if (passage.verdict() == Verdict.STOPPED) {
      throw new InterruptedException("stopped before the batch was visible");
    }
    publish(batch, false, passage.snapshot(), stop);
  }

  /** Late is worse than early and again: what is stale already should not wait any longer. */
  private void publishEarly(Batch batch, @Nullable Snapshot snapshot, BooleanSupplier stop)
      throws InterruptedException {
    meters.gateLimitPassed();
    log.atWarn()
        .addKeyValue("transactions", batch.xids().size())
        .log("committed but not visible within the limit: published now, and again once visible");
    publish(batch, true, snapshot, stop);
    state.waitingFor("waiting for committed transactions to become visible");
  }

  private void publish(
      Batch batch, boolean early, @Nullable Snapshot snapshot, BooleanSupplier stop)
      throws InterruptedException {
    publisher.publish(() -> encoder.encode(batch, early, snapshot, publisher::partitions), stop);
    int rows = batch.rows();
    meters.published(rows);
    if (rows > 0) {
      long now = ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
      batch
          .commitMicros()
          .forEach(micros -> meters.commitToPublish(Duration.of(now - micros, ChronoUnit.MICROS)));
    }
  }

  private void mark(
      List<RecordChangeEvent<SourceRecord>> records,
      RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
      throws InterruptedException {
    // A mark is what the engine flushes to, even as it stops; so no mark without the record. The
    // marks of a later batch stand for this one's too.
    if (!records.isEmpty() && permitted(records.get(records.size() - 1).record())) {
      for (RecordChangeEvent<SourceRecord> record : records) {
        committer.markProcessed(record);
      }
    }
    committer.markBatchFinished();
  }

  private boolean permitted(SourceRecord last) {
    try {
      return progress.permits(EventReader.flushPosition(last));
    } catch (SQLException e) {
      throw new IllegalStateException("the slot's progress cannot be recorded", e);
    }
  }

  /** Where a batch goes and who hears of it. */
  record Edges(
      Gate gate,
      KafkaPublisher publisher,
      SlotProgress progress,
      IngestState state,
      IngestMeters meters,
      InstantSource clock) {}
}
