package dev.cachetide.internal.receipts;

import static dev.cachetide.internal.receipts.Told.ID;
import static dev.cachetide.internal.receipts.Told.receipt;
import static dev.cachetide.internal.receipts.Told.ticket;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.Outcome;
import dev.cachetide.wire.BatchReceipt;
import dev.cachetide.wire.BatchReceipt.Rejection;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class LedgerTest {

  private final Ledger ledger = new Ledger(1_000_000, 10);

  @Test
  void a_write_of_this_process_is_pending_until_its_receipt_comes() {
    ledger.accepted(ticket(0, 5));
    assertThat(ledger.outcome(ticket(0, 5), ID)).contains(new Outcome.Pending());
    ledger.learn(receipt(0, 3, 5));
    assertThat(ledger.outcome(ticket(0, 5), ID)).contains(new Outcome.Pending());
    ledger.learn(receipt(0, 5, 9));
    assertThat(ledger.outcome(ticket(0, 5), ID)).contains(new Outcome.Applied(1_005, "0/1"));
    assertThat(ledger.outcome(ticket(1, 5), ID)).as("another partition").isEmpty();
  }

  @Test
  void a_receipt_tells_which_writes_were_refused_superseded_or_lost() {
    BitSet superseded = new BitSet();
    superseded.set(1);
    ledger.learn(
        new BatchReceipt(
            "shop.writes",
            ID,
            0,
            10,
            14,
            7,
            "0/2",
            "",
            superseded,
            List.of(
                new Rejection(12, null, false, "row does not exist", null),
                new Rejection(13, null, true, "another version", null))));
    assertThat(ledger.outcome(ticket(0, 10), ID)).contains(new Outcome.Applied(7, "0/2"));
    assertThat(ledger.outcome(ticket(0, 11), ID)).contains(new Outcome.Superseded(7, "0/2"));
    assertThat(ledger.outcome(ticket(0, 12), ID))
        .contains(new Outcome.Rejected("row does not exist", null));
    assertThat(ledger.outcome(ticket(0, 13), ID)).contains(new Outcome.Conflict("another version"));
  }

  @Test
  void those_who_wait_are_told_once_and_cancelling_frees_their_place() {
    CompletableFuture<Outcome> waiting = ledger.waiting(ticket(0, 5), ID);
    CompletableFuture<Outcome> other = ledger.waiting(ticket(0, 8), ID);
    ledger.learn(receipt(0, 5, 8));
    assertThat(waiting).isCompletedWithValue(new Outcome.Applied(1_005, "0/1"));
    assertThat(other).isNotDone();
    for (int i = 0; i < 100; i++) {
      assertThat(ledger.waiting(ticket(0, 8), ID).cancel(false)).isTrue();
    }
    for (int i = 0; i < 9; i++) {
      assertThat(ledger.waiting(ticket(0, 100 + i), ID)).isNotDone();
    }
    assertThatThrownBy(() -> ledger.waiting(ticket(0, 8), ID).join())
        .hasRootCauseMessage("too many writes are waited for");
    ledger.close();
    assertThat(other).isCompletedExceptionally();
  }

  @Test
  void what_is_older_than_what_was_heard_has_to_be_looked_up() {
    ledger.learn(receipt(0, 50, 60));
    assertThat(ledger.outcome(ticket(0, 49), ID)).isEmpty();
    assertThat(ledger.outcome(ticket(0, 60), ID)).contains(new Outcome.Pending());
    var waiting = ledger.waiting(ticket(0, 49), ID);
    assertThat(ledger.lookups(ID)).containsExactly(ticket(0, 49));
    ledger.answer(ticket(0, 49), new Outcome.Unknown("gone"));
    assertThat(waiting).isCompletedWithValue(new Outcome.Unknown("gone"));
    assertThat(ledger.outcome(ticket(0, 49), ID)).contains(new Outcome.Unknown("gone"));
    assertThat(ledger.lookups(ID)).isEmpty();
  }

  @Test
  void a_write_whose_receipt_was_skipped_has_to_be_looked_up() {
    ledger.accepted(ticket(0, 5));
    var waiting = ledger.waiting(ticket(0, 5), ID);
    ledger.learn(receipt(0, 8, 9));
    assertThat(waiting).isNotDone();
    assertThat(ledger.lookups(ID)).containsExactly(ticket(0, 5));
  }

  @Test
  void a_write_of_a_topic_that_was_made_anew_is_answered_by_its_own_receipts_only() {
    ledger.accepted(ticket(0, 5));
    ledger.learn(receipt("topic-B", 0, 0, 20));
    assertThat(ledger.outcome(ticket(0, 5), ID)).contains(new Outcome.Pending());
    assertThat(ledger.outcome(ticket(0, 5), "topic-B")).isEmpty();
  }

  @Test
  void memory_is_bounded_and_what_was_dropped_is_not_taken_for_pending() {
    Ledger small = new Ledger(3_000, 10);
    for (int i = 0; i < 1_000; i++) {
      small.learn(receipt(0, i * 10L, i * 10L + 10));
    }
    assertThat(small.outcome(ticket(0, 9_999), ID)).containsInstanceOf(Outcome.Applied.class);
    assertThat(small.outcome(ticket(0, 5), ID)).isEmpty();
    assertThat(small.outcome(ticket(0, 10_000), ID)).contains(new Outcome.Pending());
  }

  @Test
  void whatever_is_repeated_what_is_told_is_right() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    for (int world = 0; world < 300; world++) {
      Random random = new Random(seed + world);
      Ledger any = new Ledger(5_000, 1_000);
      Map<Long, BatchReceipt> truth = new HashMap<>();
      long next = random.nextInt(50);
      long from = next;
      BatchReceipt before = null;
      Map<Long, CompletableFuture<Outcome>> waiting = new HashMap<>();
      any.accepted(ticket(0, next));
      for (int i = 0; i < 60; i++) {
        long asked = next + random.nextInt(100);
        waiting.computeIfAbsent(asked, offset -> any.waiting(ticket(0, offset), ID));
        BatchReceipt receipt = receipt(0, next, next + 1 + random.nextInt(5));
        for (long offset = next; offset < receipt.next(); offset++) {
          truth.put(offset, receipt);
        }
        next = receipt.next();
        any.learn(receipt);
        if (before != null && random.nextInt(4) == 0) {
          any.learn(before);
          any.learn(receipt);
        }
        before = receipt;
      }
      long end = next;
      String what = "seed " + (seed + world);
      for (long offset = from; offset < end + 10; offset++) {
        BatchReceipt told = truth.get(offset);
        long at = offset;
        any.outcome(ticket(0, offset), ID)
            .ifPresent(
                outcome ->
                    assertThat(outcome)
                        .as(what)
                        .isEqualTo(
                            told == null
                                ? new Outcome.Pending()
                                : new Outcome.Applied(1_000 + told.first(), "0/1")));
        if (waiting.containsKey(at)) {
          assertThat(waiting.get(at).isDone()).as(what).isEqualTo(at < end);
        }
      }
    }
  }
}
