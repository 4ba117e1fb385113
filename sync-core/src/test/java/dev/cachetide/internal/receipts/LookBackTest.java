package dev.cachetide.internal.receipts;

import static dev.cachetide.internal.receipts.Told.ID;
import static dev.cachetide.internal.receipts.Told.receipt;
import static dev.cachetide.internal.receipts.Told.ticket;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.Outcome;
import dev.cachetide.wire.BatchReceipt;
import dev.cachetide.wire.BatchReceiptCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class LookBackTest {

  private static final TopicPartition RECEIPTS = new TopicPartition("shop.receipts", 0);

  private final List<BatchReceipt> topic = new ArrayList<>();
  private final Ledger ledger = new Ledger(1_000_000, 100);

  @Test
  void a_write_is_answered_by_the_receipt_that_covers_it_however_long_ago() {
    for (int i = 0; i < 30_000; i++) {
      topic.add(receipt(i % 3, i / 3, i / 3 + 1));
    }
    lookUp(ticket(0, 7), ticket(1, 9_000), ticket(2, 9_999));
    assertThat(ledger.outcome(ticket(0, 7), ID)).contains(new Outcome.Applied(1_007, "0/1"));
    assertThat(ledger.outcome(ticket(1, 9_000), ID)).contains(new Outcome.Applied(10_000, "0/1"));
    assertThat(ledger.outcome(ticket(2, 9_999), ID)).contains(new Outcome.Applied(10_999, "0/1"));
  }

  @Test
  void a_write_behind_the_last_receipt_of_its_partition_is_pending() {
    topic.add(receipt(0, 0, 8));
    topic.add(receipt(1, 0, 900));
    lookUp(ticket(0, 8), ticket(0, 100), ticket(2, 4));
    assertThat(ledger.outcome(ticket(0, 8), ID)).contains(new Outcome.Pending());
    assertThat(ledger.outcome(ticket(0, 100), ID)).contains(new Outcome.Pending());
    assertThat(ledger.outcome(ticket(2, 4), ID)).contains(new Outcome.Pending());
  }

  @Test
  void a_write_whose_receipt_is_gone_is_unknown() {
    topic.add(receipt(0, 50, 60));
    lookUp(ticket(0, 8));
    assertThat(ledger.outcome(ticket(0, 8), ID)).containsInstanceOf(Outcome.Unknown.class);
  }

  @Test
  void a_write_to_a_topic_that_was_made_anew_is_told_by_its_own_receipts() {
    topic.add(receipt("topic-old", 0, 0, 8));
    topic.add(receipt(0, 0, 3));
    Ticket decided = new Ticket("topic-old", 0, 7);
    Ticket lost = new Ticket("topic-old", 0, 8);
    Ticket never = new Ticket("topic-never", 0, 0);
    lookUp(decided, lost, never, ticket(0, 7));
    assertThat(ledger.outcome(decided, ID)).contains(new Outcome.Applied(1_000, "0/1"));
    assertThat(ledger.outcome(lost, ID)).containsInstanceOf(Outcome.Unknown.class);
    assertThat(ledger.outcome(never, ID)).containsInstanceOf(Outcome.Unknown.class);
    assertThat(ledger.outcome(ticket(0, 7), ID)).contains(new Outcome.Pending());
  }

  @Test
  void what_is_looked_through_is_bounded() {
    for (int i = 0; i < 30_000; i++) {
      topic.add(receipt(0, i, i + 1));
    }
    lookUp(new LookBack.Limits(5_000, Duration.ofSeconds(60), System::nanoTime), ticket(0, 8));
    assertThat(ledger.outcome(ticket(0, 8), ID)).containsInstanceOf(Outcome.Unknown.class);
  }

  private void lookUp(Ticket... tickets) {
    lookUp(new LookBack.Limits(1_000_000, Duration.ofSeconds(60), System::nanoTime), tickets);
  }

  private void lookUp(LookBack.Limits limits, Ticket... tickets) {
    try (Replay consumer = new Replay()) {
      new LookBack(consumer, RECEIPTS, limits, ID, ledger).answer(List.of(tickets));
    }
  }

  /** A topic in memory. */
  private final class Replay extends MockConsumer<byte[], byte[]> {

    Replay() {
      super("none");
      updateBeginningOffsets(Map.of(RECEIPTS, 0L));
      updateEndOffsets(Map.of(RECEIPTS, (long) topic.size()));
    }

    @Override
    public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
      long at = position(RECEIPTS);
      for (long offset = at; offset < Math.min(at + 500, topic.size()); offset++) {
        byte[] value = BatchReceiptCodec.encode(topic.get((int) offset));
        addRecord(new ConsumerRecord<>(RECEIPTS.topic(), 0, offset, new byte[0], value));
      }
      return super.poll(timeout);
    }
  }
}
