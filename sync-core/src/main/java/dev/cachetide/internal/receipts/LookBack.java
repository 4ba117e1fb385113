package dev.cachetide.internal.receipts;

import dev.cachetide.Outcome;
import dev.cachetide.internal.receipts.Ticket.Log;
import dev.cachetide.wire.BatchReceipt;
import dev.cachetide.wire.BatchReceiptCodec;
import dev.cachetide.wire.BatchReceiptCodec.MalformedReceiptException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Looks receipts up in what the topic holds already, backwards, in ever longer stretches.
 *
 * <p>A write is answered by the latest receipt that covers it. One behind the latest receipt of its
 * partition is pending; that is known as soon as that receipt is found. One that no receipt covers
 * when all have been looked through has lost its receipt. If ingest is repeating some at this
 * moment, a write may count as pending although an earlier copy covers it: then its receipt is
 * about to be repeated and will be heard.
 */
final class LookBack {

  private static final int FIRST_STRETCH = 2_000;
  private static final int LONGEST_STRETCH = 100_000;
  private static final Duration POLL = Duration.ofMillis(500);

  private final Consumer<byte[], byte[]> consumer;
  private final TopicPartition receipts;
  private final Limits limits;
  private final @Nullable String currentTopicId;
  private final Ledger ledger;
  private final Map<Log, Long> newest = new HashMap<>();
  private final Map<Log, TreeMap<Long, Ticket>> open = new HashMap<>();

  /**
   * A look into a topic that exists.
   *
   * @param currentTopicId of the write topic; null when it is not known
   * @param ledger is told the answers
   */
  LookBack(
      Consumer<byte[], byte[]> consumer,
      TopicPartition receipts,
      Limits limits,
      @Nullable String currentTopicId,
      Ledger ledger) {
    this.consumer = consumer;
    this.receipts = receipts;
    this.limits = limits;
    this.currentTopicId = currentTopicId;
    this.ledger = ledger;
  }

  /**
   * Answers every one of the tickets, or finds it pending.
   *
   * @throws org.apache.kafka.common.KafkaException when Kafka does not answer; to be tried again
   */
  void answer(Collection<Ticket> tickets) {
    tickets.forEach(
        ticket ->
            open.computeIfAbsent(ticket.log(), log -> new TreeMap<>())
                .put(ticket.offset(), ticket));
    consumer.assign(List.of(receipts));
    long begin = consumer.beginningOffsets(List.of(receipts)).getOrDefault(receipts, 0L);
    long end = consumer.endOffsets(List.of(receipts)).getOrDefault(receipts, 0L);
    long deadline = limits.nanoTime().getAsLong() + limits.time().toNanos();
    long upper = end;
    long length = FIRST_STRETCH;
    while (!open.isEmpty() && upper > begin) {
      if (end - upper >= limits.records()) {
        Outcome old = new Outcome.Unknown("its receipt is older than what is looked through");
        left().forEach(ticket -> ledger.answer(ticket, old));
        return;
      }
      long lower = Math.max(begin, upper - length);
      read(lower, upper, deadline);
      upper = lower;
      length = Math.min(4 * length, LONGEST_STRETCH);
    }
    settle();
  }

  private void read(long lower, long upper, long deadline) {
    List<BatchReceipt> stretch = new ArrayList<>();
    consumer.seek(receipts, lower);
    while (consumer.position(receipts) < upper) {
      if (limits.nanoTime().getAsLong() - deadline > 0) {
        throw new TimeoutException("looking through the receipts takes too long");
      }
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        if (record.offset() < upper) {
          decode(record, stretch);
        }
      }
    }
    boolean latest = newest.isEmpty();
    for (int i = stretch.size() - 1; i >= 0; i--) {
      look(stretch.get(i));
      if (latest) {
        // whoever asks for one recent write will ask for others
        ledger.learn(stretch.get(i));
      }
    }
  }

  private static void decode(ConsumerRecord<byte[], byte[]> record, List<BatchReceipt> into) {
    try {
      into.add(BatchReceiptCodec.decode(record.value()));
    } catch (MalformedReceiptException e) {
      // not written by ingest; whatever it stands for stays without an answer
      return;
    }
  }

  private void look(BatchReceipt receipt) {
    Log log = new Log(receipt.topicId(), receipt.partition());
    newest.merge(log, receipt.next(), Math::max);
    TreeMap<Long, Ticket> tickets = open.getOrDefault(log, new TreeMap<>());
    var covered = tickets.subMap(receipt.first(), true, receipt.next(), false);
    covered.forEach(
        (offset, ticket) -> ledger.answer(ticket, Ledger.outcome(receipt, ticket.offset())));
    covered.clear();
    var behind = tickets.tailMap(newest.getOrDefault(log, 0L), true);
    behind.values().forEach(ticket -> pending(ticket, newest.getOrDefault(log, 0L)));
    behind.clear();
    if (tickets.isEmpty()) {
      open.remove(log);
    }
  }

  /** All has been looked through. */
  private void settle() {
    for (Ticket ticket : left()) {
      if (newest.containsKey(ticket.log())) {
        ledger.answer(ticket, new Outcome.Unknown("its receipt is no longer kept"));
      } else {
        pending(ticket, 0);
      }
    }
  }

  private List<Ticket> left() {
    return open.values().stream().flatMap(tickets -> tickets.values().stream()).toList();
  }

  private void pending(Ticket ticket, long from) {
    if (currentTopicId != null && !currentTopicId.equals(ticket.topicId())) {
      ledger.answer(
          ticket, new Outcome.Unknown("the write topic was made anew before it was decided"));
    } else {
      ledger.covered(ticket.log(), from);
    }
  }

  /** How much is looked through at most. */
  record Limits(long records, Duration time, LongSupplier nanoTime) {}
}
