package dev.cachetide.internal.receipts;

import dev.cachetide.Outcome;
import dev.cachetide.internal.receipts.Ticket.Log;
import dev.cachetide.wire.BatchReceipt;
import dev.cachetide.wire.BatchReceipt.Rejection;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What the receipts that were heard tell, and who waits for more.
 *
 * <p>Receipts of one partition follow each other without a gap and arrive in order; after a restart
 * of ingest some come again, in order too. So a write at or behind the end of all receipts of its
 * partition is pending, if they were heard from before it on: that is where a partition is {@link
 * Known#from covered} from. Any other write that no receipt here covers has to be {@linkplain
 * #lookups looked up}: it is older than what was heard, or its receipt was dropped for its weight,
 * or never written.
 *
 * <p>Memory is bounded: receipts by their weight, answers and waiters by their number. Pure; safe
 * for concurrent use. Waiters are completed outside the lock.
 */
final class Ledger {

  private static final int RECEIPT_WEIGHT = 300;
  private static final int REJECTION_WEIGHT = 150;
  private static final int MAX_ANSWERS = 10_000;

  /** Of a partition that nothing is known of; never changed. */
  private static final Known NOTHING = new Known();

  private final long maxWeight;
  private final int maxWaiters;
  private final Map<Log, Known> logs = new HashMap<>();
  private final Deque<Held> held = new ArrayDeque<>();
  private final Map<Ticket, Outcome> answers =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Ticket, Outcome> eldest) {
          return size() > MAX_ANSWERS;
        }
      };
  private long weight;
  private int waiters;
  private boolean closed;

  Ledger(long maxWeight, int maxWaiters) {
    this.maxWeight = maxWeight;
    this.maxWaiters = maxWaiters;
  }

  /** Takes a receipt in. */
  void learn(BatchReceipt receipt) {
    Map<CompletableFuture<Outcome>, Outcome> decided = new HashMap<>();
    synchronized (this) {
      Log log = new Log(receipt.topicId(), receipt.partition());
      Known known = known(log);
      known.from = Math.min(known.from, receipt.first());
      known.next = Math.max(known.next, receipt.next());
      hold(log, known, receipt);
      var answered = known.waiting.subMap(receipt.first(), true, receipt.next(), false);
      answered.forEach(
          (offset, waiting) ->
              waiting.forEach(each -> decided.put(each, outcome(receipt, offset))));
      answered.clear();
      waiters -= decided.size();
    }
    decided.forEach(CompletableFuture::complete);
  }

  private void hold(Log log, Known known, BatchReceipt receipt) {
    BatchReceipt before = known.receipts.put(receipt.first(), receipt);
    weight += weight(receipt) - (before == null ? 0 : weight(before));
    if (!receipt.equals(before)) {
      held.add(new Held(log, receipt));
    }
    while ((weight > maxWeight || held.size() > maxWeight / RECEIPT_WEIGHT) && held.size() > 1) {
      Held eldest = held.remove();
      Known of = known(eldest.log());
      // one that came again stands further behind in the queue
      if (of.receipts.remove(eldest.receipt().first(), eldest.receipt())) {
        weight -= weight(eldest.receipt());
      }
    }
  }

  private static long weight(BatchReceipt receipt) {
    long reasons = receipt.rejected().stream().mapToLong(each -> each.reason().length()).sum();
    return RECEIPT_WEIGHT
        + receipt.superseded().size() / 8
        + REJECTION_WEIGHT * (long) receipt.rejected().size()
        + 2 * reasons;
  }

  /** A write that was accepted just now: its receipt is still to come, or is here. */
  synchronized void accepted(Ticket ticket) {
    Known known = known(ticket.log());
    known.from = Math.min(known.from, ticket.offset());
  }

  /** What is known of a write; empty when it has to be looked up. */
  synchronized Optional<Outcome> outcome(Ticket ticket, @Nullable String currentTopicId) {
    Known known = logs.getOrDefault(ticket.log(), NOTHING);
    var floor = known.receipts.floorEntry(ticket.offset());
    if (floor != null && floor.getValue().covers(ticket.offset())) {
      return Optional.of(outcome(floor.getValue(), ticket.offset()));
    }
    Outcome answer = answers.get(ticket);
    if (answer != null) {
      return Optional.of(answer);
    }
    boolean current = currentTopicId == null || currentTopicId.equals(ticket.topicId());
    boolean toCome = ticket.offset() >= known.from && ticket.offset() >= known.next;
    return current && toCome ? Optional.of(new Outcome.Pending()) : Optional.empty();
  }

  /** Completes once the write is decided. */
  CompletableFuture<Outcome> waiting(Ticket ticket, @Nullable String currentTopicId) {
    CompletableFuture<Outcome> waiter = new CompletableFuture<>();
    synchronized (this) {
      Optional<Outcome> known = outcome(ticket, currentTopicId).filter(Outcome::decided);
      if (known.isPresent()) {
        waiter.complete(known.get());
        return waiter;
      }
      if (closed || waiters >= maxWaiters) {
        waiter.completeExceptionally(
            new IllegalStateException(
                closed ? "the client is closed" : "too many writes are waited for"));
        return waiter;
      }
      known(ticket.log())
          .waiting
          .computeIfAbsent(ticket.offset(), offset -> new ArrayList<>(1))
          .add(waiter);
      waiters++;
    }
    var unused = waiter.whenComplete((outcome, failure) -> forget(ticket, waiter));
    return waiter;
  }

  private synchronized void forget(Ticket ticket, CompletableFuture<Outcome> waiter) {
    Known known = logs.getOrDefault(ticket.log(), NOTHING);
    List<CompletableFuture<Outcome>> waiting = known.waiting.get(ticket.offset());
    if (waiting != null && waiting.removeIf(each -> each == waiter)) {
      waiters--;
      if (waiting.isEmpty()) {
        known.waiting.remove(ticket.offset());
      }
    }
    tidy(ticket.log());
  }

  /** Tickets come from outside: those of topics that never were leave nothing behind. */
  private void tidy(Log log) {
    Known known = logs.getOrDefault(log, NOTHING);
    if (known.waiting.isEmpty() && known.receipts.isEmpty() && known.from == Long.MAX_VALUE) {
      logs.remove(log);
    }
  }

  /** The writes that are waited for and have to be looked up. */
  synchronized List<Ticket> lookups(@Nullable String currentTopicId) {
    List<Ticket> wanted = new ArrayList<>();
    logs.forEach(
        (log, known) -> {
          boolean current = currentTopicId == null || currentTopicId.equals(log.topicId());
          long toCome = current ? Math.max(known.from, known.next) : Long.MAX_VALUE;
          for (long offset : known.waiting.headMap(toCome).keySet()) {
            if (wanted.size() >= MAX_ANSWERS) {
              return;
            }
            Ticket ticket = new Ticket(log.topicId(), log.partition(), offset);
            if (outcome(ticket, currentTopicId).isEmpty()) {
              wanted.add(ticket);
            }
          }
        });
    return wanted;
  }

  /** Looked up: the write's outcome. */
  void answer(Ticket ticket, Outcome outcome) {
    List<CompletableFuture<Outcome>> decided;
    synchronized (this) {
      answers.put(ticket, outcome);
      Known known = logs.getOrDefault(ticket.log(), NOTHING);
      List<CompletableFuture<Outcome>> waiting = known.waiting.remove(ticket.offset());
      decided = waiting == null ? List.of() : List.copyOf(waiting);
      waiters -= decided.size();
      tidy(ticket.log());
    }
    decided.forEach(each -> each.complete(outcome));
  }

  /** Looked up: the partition's receipts end before this offset; those behind it will be heard. */
  synchronized void covered(Log log, long from) {
    Known known = known(log);
    known.from = Math.min(known.from, from);
  }

  /** Fails all waiters, and those to come. */
  void close() {
    List<CompletableFuture<Outcome>> left = new ArrayList<>();
    synchronized (this) {
      closed = true;
      logs.values().forEach(known -> known.waiting.values().forEach(left::addAll));
      logs.values().forEach(known -> known.waiting.clear());
      waiters = 0;
    }
    left.forEach(
        each -> each.completeExceptionally(new IllegalStateException("the client is closed")));
  }

  private Known known(Log log) {
    return logs.computeIfAbsent(log, key -> new Known());
  }

  /** What a receipt says of a write that it covers. */
  static Outcome outcome(BatchReceipt receipt, long offset) {
    Optional<Rejection> rejection = receipt.rejection(offset);
    if (rejection.isPresent()) {
      Rejection why = rejection.get();
      return why.conflict()
          ? new Outcome.Conflict(why.reason())
          : new Outcome.Rejected(why.reason(), why.sqlState());
    }
    return receipt.isSuperseded(offset)
        ? new Outcome.Superseded(receipt.xid(), receipt.lsn())
        : new Outcome.Applied(receipt.xid(), receipt.lsn());
  }

  private record Held(Log log, BatchReceipt receipt) {}

  /** Of one partition. */
  private static final class Known {
    private final TreeMap<Long, BatchReceipt> receipts = new TreeMap<>();
    private final TreeMap<Long, List<CompletableFuture<Outcome>>> waiting = new TreeMap<>();
    private long from = Long.MAX_VALUE;
    private long next;
  }
}
