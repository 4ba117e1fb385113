package dev.cachetide.writebehind;

import dev.cachetide.wire.BatchReceipt.Rejection;
import dev.cachetide.writebehind.BatchPlan.Decoded;
import dev.cachetide.writebehind.BatchPlan.Planned;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** What a transaction's receipt says, out of what was done with its commands. Pure. */
final class BatchReceipts {

  private BatchReceipts() {}

  /**
   * The receipt's row.
   *
   * @param first the offset that the transaction began at
   * @param records all of its records
   */
  static ReceiptTable.Row row(
      long first, List<Decoded> records, PartitionTransaction.Applied applied) {
    List<Planned> done = applied.done();
    Superseded superseded = Superseded.among(done.stream().map(Planned::op).toList());
    List<Rejection> rejected =
        applied.parked().stream()
            .sorted(Comparator.comparingLong(ParkedCommand::offset))
            .map(BatchReceipts::rejection)
            .toList();
    SortedSet<Long> untold = new TreeSet<>();
    rejected.forEach(each -> untold.add(each.offset()));
    applied.duplicates().forEach(each -> untold.add(each.record().offset()));
    superseded.deletes().stream().forEach(index -> untold.add(offset(done.get(index))));
    BitSet offsets = new BitSet();
    superseded.effects().stream()
        .forEach(index -> offsets.set((int) (offset(done.get(index)) - first)));
    return new ReceiptTable.Row(first, offsets, rejected, withdrawn(records, untold));
  }

  private static Rejection rejection(ParkedCommand parked) {
    return new Rejection(
        parked.offset(),
        parked.writeId(),
        parked.fate() == ParkedCommand.Fate.CONFLICT,
        parked.reason(),
        parked.sqlState());
  }

  private static long offset(Planned command) {
    return command.source().record().offset();
  }

  /** Where writers show what no change of a row will ever take away. */
  private static List<String> withdrawn(List<Decoded> records, SortedSet<Long> untold) {
    Set<String> keys = new LinkedHashSet<>();
    int next = 0;
    for (long offset : untold) {
      while (records.get(next).record().offset() < offset) {
        next++;
      }
      String key = ParkedCommand.shown(records.get(next).record());
      // Postgres keeps no zero in text, and no client writes one
      String plain = key == null ? "" : key.replace("\0", "");
      if (!plain.isEmpty()) {
        keys.add(plain);
      }
    }
    return List.copyOf(keys);
  }
}
