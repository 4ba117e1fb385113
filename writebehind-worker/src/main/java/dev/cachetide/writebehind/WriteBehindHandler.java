package dev.cachetide.writebehind;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.RecordHandler;
import dev.cachetide.writebehind.BatchPlan.Decoded;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies write commands: for each partition of a poll decode → coalesce → group, in one {@link
 * PartitionTransaction} after the other, each as large as its {@link Pace} allows.
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

  private final DecodeAhead ahead;
  private final PostgresSession session;
  private final Preparation preparation;
  private final Claims claims;
  private final PartitionTransaction transaction;
  private final Expiry expiry;
  private final WriteBehindMeters meters;
  private final Pace pace;

  /**
   * @param questions for what is asked ahead
   */
  WriteBehindHandler(
      PostgresSession session,
      PostgresSession questions,
      Preparation preparation,
      Claims claims,
      PartitionTransaction transaction,
      Expiry expiry,
      WriteBehindMeters meters,
      Pace pace) {
    this.session = session;
    this.preparation = preparation;
    this.claims = claims;
    this.transaction = transaction;
    this.ahead =
        new DecodeAhead(transaction::catalog, new LookAhead(questions, transaction::expectations));
    this.expiry = expiry;
    this.meters = meters;
    this.pace = pace;
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
    pace.turnBegins();
    for (var stretch : ahead.of(batch).entrySet()) {
      TopicPartition partition = stretch.getKey();
      Outcome outcome =
          onPostgres(
              "apply write commands",
              connection -> apply(connection, partition, stretch.getValue()));
      if (outcome instanceof Outcome.Transient && claims.isFenced(partition)) {
        worst = outcome; // the other partitions are not concerned
      } else if (!(outcome instanceof Outcome.Applied)) {
        return outcome;
      }
    }
    if (worst instanceof Outcome.Applied) {
      ahead.forget();
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
    ahead.close();
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

  private Outcome apply(Connection connection, TopicPartition partition, Stretch stretch)
      throws SQLException, GiveUpException {
    if (claims.isFenced(partition)) {
      claims.take(connection, List.of(partition));
    }
    while (true) {
      Claim claim = claims.of(partition);
      int due = stretch.due(claim.nextOffset());
      if (due == 0) {
        return Outcome.applied();
      }
      int allowed = pace.allowed(due);
      if (allowed == 0) {
        return new Outcome.Unfinished(pace.pause(due));
      }
      List<Decoded> next = stretch.next(claim.nextOffset(), allowed, pace.maxBytes());
      var result = run(connection, partition, claim, next);
      if (result instanceof PartitionTransaction.Committed committed) {
        claims.committed(partition, committed.claim());
      } else if (result instanceof PartitionTransaction.Stale stale
          && !claims.correct(partition, stale.actual())) {
        return fenced();
      }
    }
  }

  private PartitionTransaction.Result run(
      Connection connection, TopicPartition partition, Claim claim, List<Decoded> commands)
      throws SQLException {
    pace.begins(commands.size());
    try {
      var result = transaction.run(connection, partition, claim, commands);
      if (result instanceof PartitionTransaction.Committed committed) {
        report(partition, committed, pace.committed(commands.size()));
      }
      return result;
    } catch (SQLException e) {
      pace.failed(commands.size(), e);
      throw e;
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
