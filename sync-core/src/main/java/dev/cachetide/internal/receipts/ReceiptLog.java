package dev.cachetide.internal.receipts;

import dev.cachetide.Outcome;
import dev.cachetide.Receipts;
import dev.cachetide.wire.PipelineNames;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The receipts of one pipeline, as this process knows them: what it has heard since it first wrote
 * or asked, in the {@link Ledger}, and what it looks up when asked for older writes.
 *
 * <p>Nothing is read before the first write or question. A write of this process that was published
 * after {@link #listen} returned true cannot be missed: the topic is read from before it on.
 */
public final class ReceiptLog implements Receipts, AutoCloseable {

  private static final long MAX_WEIGHT = 16L * 1024 * 1024;
  private static final int MAX_WAITERS = 1_000_000;
  private static final int MAX_ASKED = 10_000;
  private static final String NO_TOPIC = "unknown";
  private static final Duration TOPIC_ID_LIMIT = Duration.ofSeconds(5);

  private final Ledger ledger = new Ledger(MAX_WEIGHT, MAX_WAITERS);
  private final Set<Ticket> asked = new LinkedHashSet<>();
  private final ReceiptTail tail;

  /**
   * For a pipeline; nothing is contacted yet.
   *
   * @param kafka kafka-clients' own producer settings, of which those count that any client has
   * @param backlog is told how far the partitions are applied
   */
  public ReceiptLog(PipelineNames names, Map<String, ?> kafka, Backlog backlog) {
    tail = new ReceiptTail(names, kafka, ledger, backlog, this::lookups);
  }

  /**
   * Begins to listen.
   *
   * @return whether everything that is published from now on will be heard of without being looked
   *     up; false when Kafka did not say within the limit where the topic ends
   */
  public boolean listen(Duration limit) {
    return tail.start(limit);
  }

  /**
   * The ticket of a write that was accepted just now; waits a few seconds for Kafka to say which
   * topic took it, should that not be known. If it does not, the write's outcome will be unknown.
   */
  public String ticket(int partition, long offset) {
    String topicId = tail.topicId(TOPIC_ID_LIMIT);
    return new Ticket(topicId == null ? NO_TOPIC : topicId, partition, offset).text();
  }

  /** A write was accepted: its receipt is still to come. */
  public void accepted(int partition, long offset) {
    String topicId = tail.accepted(partition, offset);
    if (topicId != null) {
      ledger.accepted(new Ticket(topicId, partition, offset));
    }
  }

  @Override
  public Outcome outcome(String text) {
    Ticket ticket = Ticket.parse(text);
    tail.start(Duration.ZERO);
    Optional<Outcome> known = ledger.outcome(ticket, tail.topicId());
    if (known.isEmpty()) {
      synchronized (asked) {
        if (asked.size() < MAX_ASKED) {
          asked.add(ticket);
        }
      }
      tail.lookUp();
    }
    return known.orElseGet(Outcome.Pending::new);
  }

  @Override
  public Outcome await(String text, Duration limit) {
    CompletableFuture<Outcome> decision = decision(text);
    try {
      return decision.get(Math.max(0, limit.toNanos()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return new Outcome.Pending();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Outcome.Pending();
    } catch (ExecutionException | CancellationException e) {
      // too many wait, or the client was closed
      return new Outcome.Pending();
    } finally {
      decision.cancel(false);
    }
  }

  @Override
  public CompletableFuture<Outcome> decision(String text) {
    Ticket ticket = Ticket.parse(text);
    tail.start(Duration.ZERO);
    CompletableFuture<Outcome> decision = ledger.waiting(ticket, tail.topicId());
    if (!decision.isDone()) {
      tail.lookUp();
    }
    return decision;
  }

  /** What has to be looked up for those who asked or wait. */
  private Collection<Ticket> lookups(@Nullable String topicId) {
    Set<Ticket> wanted = new LinkedHashSet<>(ledger.lookups(topicId));
    synchronized (asked) {
      wanted.addAll(asked);
      asked.clear();
    }
    wanted.removeIf(ticket -> ledger.outcome(ticket, topicId).isPresent());
    return List.copyOf(wanted);
  }

  @Override
  public void close() {
    tail.close();
    ledger.close();
  }
}
