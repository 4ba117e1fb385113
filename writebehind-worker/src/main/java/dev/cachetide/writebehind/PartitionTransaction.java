package dev.cachetide.writebehind;

import dev.cachetide.runtime.settings.WriteTableSettings;
import dev.cachetide.writebehind.BatchPlan.Command;
import dev.cachetide.writebehind.BatchPlan.Decoded;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * The one transaction that applies a stretch of one partition.
 *
 * <p>Guard, rows, dead letters, commit: after it, every record of the stretch has taken effect or
 * is a dead letter, and the partition's offset says so; or none of this has happened. One partition
 * to a transaction, so that the first change that its readers see in the WAL, the offset row's,
 * names exactly one partition and offset.
 *
 * <p>The catalogue is remembered between transactions and read again before anything is parked that
 * a fresh one might allow: a column that was added a moment ago parks nothing.
 */
final class PartitionTransaction {

  private final List<WriteTableSettings> listed;
  private final WriteCatalogQuery query;
  private final OffsetTable offsets;
  private final DeadLetterTable deadLetters;
  private WriteCatalog catalog = WriteCatalog.of(List.of());

  PartitionTransaction(
      List<WriteTableSettings> listed, OffsetTable offsets, DeadLetterTable deadLetters) {
    this.listed = List.copyOf(listed);
    this.query = new WriteCatalogQuery(listed);
    this.offsets = offsets;
    this.deadLetters = deadLetters;
  }

  /** Reads the catalogue anew. */
  void refreshCatalog(Connection connection) throws SQLException {
    catalog = query.load(connection).catalog(listed);
  }

  /**
   * Applies records, of which the first is at or behind the claim's next offset.
   *
   * @return what is true now: the records are committed, or the claim was not current and nothing
   *     happened
   * @throws SQLException when the environment failed; the transaction is lost, or, if it was
   *     committing, may have happened
   */
  Result run(
      Connection connection,
      TopicPartition partition,
      Claim claim,
      List<ConsumerRecord<byte[], byte[]>> records)
      throws SQLException {
    long next = records.get(records.size() - 1).offset() + 1;
    if (!offsets.guard(connection, partition, claim, next)) {
      connection.rollback();
      Claim actual = offsets.read(connection, partition);
      connection.rollback();
      return new Stale(actual);
    }
    checkConstraintsAtOnce(connection);
    Applied applied = apply(connection, BatchPlan.decode(records));
    deadLetters.insert(connection, partition, applied.parked());
    connection.commit();
    return new Committed(
        new Claim(claim.epoch(), next), records.size(), applied.effects(), applied.parked().size());
  }

  /** A constraint that is checked at commit would fail the batch and name no row. */
  private static void checkConstraintsAtOnce(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
    }
  }

  private Applied apply(Connection connection, List<Decoded> records) throws SQLException {
    LogApplier applier = new LogApplier(new RowWriter(connection));
    BatchPlan plan = BatchPlan.of(records, catalog);
    boolean tried = plan.parked().isEmpty();
    if (tried && applier.attempt(plan.log())) {
      return new Applied(applier.effects(), List.of());
    }
    refreshCatalog(connection);
    BatchPlan fresh = BatchPlan.of(records, catalog);
    if (tried && fresh.log().equals(plan.log())) {
      applier.applyRefused(fresh.log());
    } else {
      applier.apply(fresh.log());
    }
    List<ParkedCommand> parked = new ArrayList<>(fresh.parked());
    for (LogApplier.Refusal refusal : applier.refusals()) {
      Command source = fresh.planned().get(refusal.index()).source();
      RowsRefusedException cause = refusal.cause();
      parked.add(source.refused(String.valueOf(cause.getMessage()), cause.sqlState()));
    }
    parked.sort(Comparator.comparingLong(ParkedCommand::offset));
    return new Applied(applier.effects(), parked);
  }

  private record Applied(int effects, List<ParkedCommand> parked) {}

  /** How a transaction ended. */
  sealed interface Result {}

  /**
   * The records took effect or are dead letters.
   *
   * @param claim to go on with
   * @param effects on rows that were carried out
   */
  record Committed(Claim claim, int records, int effects, int parked) implements Result {}

  /**
   * Nothing happened: somebody else claimed the partition, or moved its offset.
   *
   * @param actual what stands in Postgres
   */
  record Stale(Claim actual) implements Result {}
}
