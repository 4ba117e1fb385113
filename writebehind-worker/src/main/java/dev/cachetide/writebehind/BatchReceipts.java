package dev.cachetide.writebehind;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.cachetide.wire.BatchReceipt.Rejection;
import dev.cachetide.wire.Headers;
import dev.cachetide.writebehind.BatchPlan.Planned;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** What a transaction's receipt says, out of what was done with its commands. Pure. */
final class BatchReceipts {

  private BatchReceipts() {}

  /**
   * The receipt's row.
   *
   * @param first the offset that the transaction began at
   * @param records all of its records
   * @param done the commands that took effect, in log order
   * @param parked those that did not
   */
  static ReceiptTable.Row row(
      long first,
      List<ConsumerRecord<byte[], byte[]>> records,
      List<Planned> done,
      List<ParkedCommand> parked) {
    Superseded superseded = Superseded.among(done.stream().map(Planned::op).toList());
    List<Rejection> rejected =
        parked.stream()
            .sorted(Comparator.comparingLong(ParkedCommand::offset))
            .map(BatchReceipts::rejection)
            .toList();
    Set<Long> untold = new HashSet<>();
    rejected.forEach(each -> untold.add(each.offset()));
    superseded.deletes().stream().forEach(index -> untold.add(offset(done.get(index))));
    BitSet offsets = new BitSet();
    superseded.effects().stream()
        .forEach(index -> offsets.set((int) (offset(done.get(index)) - first)));
    return new ReceiptTable.Row(first, offsets, rejected, withdrawn(records, untold));
  }

  private static Rejection rejection(ParkedCommand parked) {
    return new Rejection(
        parked.offset(), parked.writeId(), false, parked.reason(), parked.sqlState());
  }

  private static long offset(Planned command) {
    return command.source().record().offset();
  }

  /** Where writers show what no change of a row will ever take away. */
  private static List<String> withdrawn(
      List<ConsumerRecord<byte[], byte[]>> records, Set<Long> untold) {
    if (untold.isEmpty()) {
      return List.of();
    }
    return records.stream()
        .filter(record -> untold.contains(record.offset()))
        .map(record -> record.headers().lastHeader(Headers.SHOWN))
        .filter(header -> header != null && header.value() != null && header.value().length > 0)
        .map(BatchReceipts::text)
        .distinct()
        .toList();
  }

  /** Postgres keeps no U+0000 in text; a key with one was not written by our client. */
  private static String text(Header header) {
    return new String(header.value(), UTF_8).replace("\0", "");
  }
}
