package dev.cachetide.writebehind;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.RecordHandler;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies write commands: for each partition of a poll decode → coalesce → group, in one {@link
 * PartitionTransaction}.
 *
 * <p>Guarantees that every record takes effect once or becomes a dead letter once, whatever dies
 * when. Where a partition stands is known to Postgres alone: a claim raises the partition's epoch
 * and reads the offset to begin at, and each transaction moves that offset on the condition that
 * epoch and offset are still those of the claim. Hence
 *
 * <ul>
 *   <li>a worker that was replaced changes nothing, however late it wakes;
 *   <li>a commit whose answer was lost is found out by the next transaction's condition: if it had
 *       happened, the offset has moved, and its records are skipped;
 *   <li>a batch that failed in one partition is not repeated in the others.
 * </ul>
 *
 * <p>A worker that is fenced while the group still counts it as the owner takes the partition
 * again, after the loop has polled once more: a predecessor that was slow to claim may have done so
 * after its successor, and nobody would be left to go on. Two that claim in turns harm nothing.
 */
final class WriteBehindHandler implements RecordHandler {

  private static final Logger log = LoggerFactory.getLogger(WriteBehindHandler.class);

  private final PostgresSession session;
  private final Preparation preparation;
  private final Claims claims;
  private final PartitionTransaction transaction;
  private final Expiry expiry;
  private final WriteBehindMeters meters;
  private final LongSupplier nanoTime;

  WriteBehindHandler(
      PostgresSession session,
      Preparation preparation,
      Claims claims,
      PartitionTransaction transaction,
      Expiry expiry,
      WriteBehindMeters meters,
      LongSupplier nanoTime) {
    this.session = session;
    this.preparation = preparation;
    this.claims = claims;
    this.transaction = transaction;
    this.expiry = expiry;
    this.meters = meters;
    this.nanoTime = nanoTime;
  }

  @Override
  public Outcome assigned(Collection<TopicPartition> partitions, StartAt start) {
    return onPostgres(
        "claim partitions",
        connection -> {
          preparation.prepare(connection);
          claims.take(connection, partitions);
          partitions.forEach(p -> start.offset(p, claims.start(p)));
          return Outcome.applied();
        });
  }

  @Override
  public void unassigned(Collection<TopicPartition> partitions) {
    claims.forget(partitions);
  }

  @Override
  public Set<TopicPartition> notYet() {
    return claims.waiting();
  }

  @Override
  public Outcome handle(ConsumerRecords<byte[], byte[]> batch) {
    Outcome worst = beginAdded();
    if (!(worst instanceof Outcome.Applied)) {
      return worst;
    }
    for (TopicPartition partition : batch.partitions()) {
      Outcome outcome =
          onPostgres(
              "apply write commands",
              connection -> apply(connection, partition, batch.records(partition)));
      if (outcome instanceof Outcome.Transient && claims.isFenced(partition)) {
        worst = outcome; // the other partitions are not concerned
      } else if (!(outcome instanceof Outcome.Applied)) {
        return outcome;
      }
    }
    expire();
    return worst;
  }

  @Override
  public Outcome idle() {
    expire();
    return beginAdded();
  }

  @Override
  public Outcome offsetsLost(Collection<TopicPartition> partitions) {
    return new Outcome.Fatal(
        "read the write topic from the offset in cachetide.consumer_offset: Kafka no longer has it;"
            + " start again to have the offsets compared",
        new IllegalStateException("offsets out of range for " + partitions));
  }

  @Override
  public void close() {
    session.close();
  }

  private Outcome beginAdded() {
    if (claims.waiting().isEmpty()) {
      return Outcome.applied();
    }
    return onPostgres(
        "begin with partitions that were added",
        connection -> {
          claims.beginAdded(connection);
          return Outcome.applied();
        });
  }

  private Outcome apply(
      Connection connection, TopicPartition partition, List<ConsumerRecord<byte[], byte[]>> records)
      throws SQLException, GiveUpException {
    if (claims.isFenced(partition)) {
      claims.take(connection, List.of(partition));
    }
    while (true) {
      Claim claim = claims.of(partition);
      List<ConsumerRecord<byte[], byte[]>> due =
          records.stream().filter(record -> record.offset() >= claim.nextOffset()).toList();
      if (due.isEmpty()) {
        return Outcome.applied();
      }
      long started = nanoTime.getAsLong();
      var result = transaction.run(connection, partition, claim, due);
      if (result instanceof PartitionTransaction.Committed committed) {
        claims.committed(partition, committed.claim());
        report(partition, committed, Duration.ofNanos(nanoTime.getAsLong() - started));
        return Outcome.applied();
      }
      if (result instanceof PartitionTransaction.Stale stale
          && !claims.correct(partition, stale.actual())) {
        return fenced();
      }
    }
  }

  private static Outcome fenced() {
    return new Outcome.Transient(
        "apply write commands: another worker has claimed the partition",
        new IllegalStateException("fenced by a higher epoch"));
  }

  private void report(
      TopicPartition partition, PartitionTransaction.Committed committed, Duration took) {
    meters.committed(committed, took);
    if (!committed.applied().parked().isEmpty()) {
      log.atWarn()
          .addKeyValue("topic", partition.topic())
          .addKeyValue("partition", partition.partition())
          .addKeyValue("parked", committed.parked(ParkedCommand.Fate.REJECTED))
          .addKeyValue("conflicts", committed.parked(ParkedCommand.Fate.CONFLICT))
          .log("write commands were set aside in cachetide.dead_letter or cachetide.conflict");
    }
  }

  private void expire() {
    if (claims.isEmpty() || !expiry.isDue()) {
      return;
    }
    try {
      expiry.run(session.connection());
    } catch (SQLException e) {
      // rows that are too old harm nobody and are removed later; a Postgres that is away is
      // noticed by the next batch, whose handling tells of it
      session.discard();
      log.atDebug().setCause(e).log("old write ids and receipts not removed");
    }
  }

  private Outcome onPostgres(String what, Step step) {
    try {
      return step.run(session.connection());
    } catch (SQLException e) {
      session.discard();
      if (SqlStates.isData(e.getSQLState())) {
        // rows are judged one by one where they are written: this is our own bookkeeping
        return new Outcome.Fatal(
            what + ": the schema cachetide is not as it was installed, or a commit was refused", e);
      }
      meters.retried();
      return new Outcome.Transient(what, e);
    } catch (KafkaException e) {
      session.discard();
      meters.retried();
      return new Outcome.Transient(what + ": ask Kafka for the topic", e);
    } catch (GiveUpException e) {
      session.discard();
      return new Outcome.Fatal(String.valueOf(e.getMessage()), e);
    }
  }

  /** Something to do on a connection; whatever it throws, the connection is given up. */
  private interface Step {
    Outcome run(Connection connection) throws SQLException, GiveUpException;
  }
}
