package dev.cachetide.writebehind;

import dev.cachetide.runtime.settings.WriteTableSettings;
import dev.cachetide.writebehind.BatchPlan.Command;
import dev.cachetide.writebehind.BatchPlan.Decoded;
import dev.cachetide.writebehind.BatchPlan.Planned;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The one transaction that applies a stretch of one partition.
 *
 * <p>Guard, write ids, rows, dead letters and conflicts, receipt, commit: after it, every record of
 * the stretch has taken effect, repeats one that has, or is recorded with its reason, and the
 * partition's offset says so; or none of this has happened. One partition to a transaction, so that
 * the first change that its readers see in the WAL, the offset row's, names exactly one partition
 * and offset.
 *
 * <p>The catalogue is remembered between transactions and read again before anything is parked that
 * a fresh one might allow: a column that was added a moment ago parks nothing.
 */
final class PartitionTransaction {

  /** How often unique values are looked up at once, after a stretch turned out to need it. */
  private static final int ORDERED_STRETCHES = 20;

  private final List<WriteTableSettings> listed;
  private final WriteCatalogQuery query;
  private final OffsetTable offsets;
  private final WriteIdTable writeIds;
  private final ParkedTables parkedTables;
  private final ReceiptTable receipts;
  private volatile WriteCatalog catalog = WriteCatalog.of(List.of());
  private @Nullable String fingerprint;
  private final Clues clues = new Clues();
  private volatile Expectations expectations = Expectations.NONE;
  private int orderedStretches;

  /** Works for one consumer group. */
  PartitionTransaction(List<WriteTableSettings> listed, OffsetTable offsets, String group) {
    this.listed = List.copyOf(listed);
    this.query = new WriteCatalogQuery(listed);
    this.offsets = offsets;
    this.writeIds = new WriteIdTable(group);
    this.parkedTables = new ParkedTables(group);
    this.receipts = new ReceiptTable(group);
  }

  /** The catalogue as it was read last; any thread may ask. */
  WriteCatalog catalog() {
    return catalog;
  }

  /** What is worth being looked for in what comes next; any thread may ask. */
  Expectations expectations() {
    return expectations;
  }

  /** Reads the catalogue anew, if it has changed. */
  void refreshCatalog(Connection connection) throws SQLException {
    // asked for before the catalogue is read: what changes in between is noticed the next time
    String found = query.fingerprint(connection);
    if (found.equals(fingerprint)) {
      return;
    }
    WriteCatalog read = query.load(connection).catalog(listed);
    if (!read.equals(catalog)) {
      catalog = read; // one that is the same stays the very one that effects were foreseen by
    }
    fingerprint = found;
  }

  /**
   * Applies records, of which the first is at or behind the claim's next offset.
   *
   * @return what is true now: the records are committed, or the claim was not current and nothing
   *     happened
   * @throws SQLException when the environment failed; the transaction is lost, or, if it was
   *     committing, may have happened
   */
  Result run(Connection connection, TopicPartition partition, Claim claim, List<Decoded> records)
      throws SQLException {
    long next = records.get(records.size() - 1).record().offset() + 1;
    if (!offsets.guard(connection, partition, claim, next)) {
      connection.rollback();
      Claim actual = offsets.read(connection, partition);
      connection.rollback();
      return new Stale(actual);
    }
    checkConstraintsAtOnce(connection);
    if (fingerprint == null) {
      refreshCatalog(connection);
    }
    Applied applied = applyOnce(connection, partition, records);
    parkedTables.insert(connection, partition, applied.parked());
    receipts.insert(connection, partition, BatchReceipts.row(claim.nextOffset(), records, applied));
    connection.commit();
    return new Committed(new Claim(claim.epoch(), next), records.size(), applied);
  }

  /** A constraint that is checked at commit would fail the batch and name no row. */
  private static void checkConstraintsAtOnce(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
    }
  }

  /** Applies what has not had its effect before, under the names that writers gave. */
  private Applied applyOnce(Connection connection, TopicPartition partition, List<Decoded> records)
      throws SQLException {
    SortedMap<String, Long> names = WriteIds.offsets(records);
    if (names.isEmpty()) {
      return apply(connection, records);
    }
    WriteIds ids = new WriteIds(writeIds.take(connection, partition, names));
    List<Planned> done = new ArrayList<>(records.size());
    List<ParkedCommand> parked = new ArrayList<>();
    int effects = 0;
    for (List<Decoded> stretch : WriteIds.stretches(records)) {
      Applied applied = apply(connection, ids.due(stretch));
      ids.parked(applied.parked());
      done.addAll(applied.done());
      parked.addAll(applied.parked());
      effects += applied.effects();
    }
    Set<String> unused = ids.unused();
    if (!unused.isEmpty()) {
      writeIds.giveBack(connection, unused);
    }
    return new Applied(effects, done, parked, ids.duplicates());
  }

  private Applied apply(Connection connection, List<Decoded> records) throws SQLException {
    Foresight foresight = new Foresight(clues, new RowScreens(connection));
    LogApplier applier = new LogApplier(new RowWriter(connection), orderedStretches > 0, foresight);
    BatchPlan plan = BatchPlan.of(records, catalog);
    boolean attempted = plan.parked().isEmpty() && !clues.alert();
    if (!attempted || !applier.attempt(plan.log())) {
      WriteCatalog before = catalog;
      refreshCatalog(connection);
      boolean same = catalog.equals(before);
      plan = same ? plan : BatchPlan.of(records, catalog);
      List<Planned> planned = plan.planned();
      foresight.begin(index -> planned.get(index).doubts());
      if (attempted && same) {
        applier.applyAfterAttempt(plan.log());
      } else if (clues.alert()) {
        applier.applyInPieces(plan.log());
      } else {
        applier.apply(plan.log());
      }
    }
    if (orderedStretches > 0) {
      orderedStretches--;
    } else if (applier.ordered()) {
      orderedStretches = ORDERED_STRETCHES;
    }
    Map<Integer, RowsRefusedException> refused = new HashMap<>();
    applier.refusals().forEach(refusal -> refused.put(refusal.index(), refusal.cause()));
    clues.learn(plan.log(), refused, applier.suspects());
    expectations = clues.expectations();
    return became(plan, applier);
  }

  private static Applied became(BatchPlan plan, LogApplier applier) {
    BitSet missed = new BitSet();
    List<ParkedCommand> parked = new ArrayList<>(plan.parked());
    for (LogApplier.Refusal refusal : applier.refusals()) {
      missed.set(refusal.index());
      Command source = plan.planned().get(refusal.index()).source();
      RowsRefusedException cause = refusal.cause();
      parked.add(source.refused(String.valueOf(cause.getMessage()), cause.sqlState()));
    }
    for (LogApplier.Conflict conflict : applier.conflicts()) {
      missed.set(conflict.index());
      parked.add(plan.planned().get(conflict.index()).source().conflict(conflict.found()));
    }
    parked.sort(Comparator.comparingLong(ParkedCommand::offset));
    return new Applied(applier.effects(), without(plan.planned(), missed), parked, List.of());
  }

  private static List<Planned> without(List<Planned> planned, BitSet missed) {
    if (missed.isEmpty()) {
      return planned;
    }
    List<Planned> done = new ArrayList<>(planned.size());
    for (int i = 0; i < planned.size(); i++) {
      if (!missed.get(i)) {
        done.add(planned.get(i));
      }
    }
    return done;
  }

  /**
   * What became of the records.
   *
   * @param effects on rows that were carried out
   * @param done the commands that took effect, in log order
   * @param parked what is not applied, in log order
   * @param duplicates commands whose one effect happened before, in log order
   */
  record Applied(
      int effects, List<Planned> done, List<ParkedCommand> parked, List<Command> duplicates) {}

  /** How a transaction ended. */
  sealed interface Result {}

  /**
   * The records took effect, or are recorded with the reason why not.
   *
   * @param claim to go on with
   */
  record Committed(Claim claim, int records, Applied applied) implements Result {
    /** How many were parked for this. */
    int parked(ParkedCommand.Fate fate) {
      return (int) applied.parked().stream().filter(command -> command.fate() == fate).count();
    }
  }

  /**
   * Nothing happened: somebody else claimed the partition, or moved its offset.
   *
   * @param actual what stands in Postgres
   */
  record Stale(Claim actual) implements Result {}
}
