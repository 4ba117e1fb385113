package dev.cachetide;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A write that Kafka has accepted: it will take effect in Postgres exactly once, or be recorded as
 * a dead letter or a conflict there.
 *
 * @param writeId the id that the application gave the command; null for none
 * @param partition of the write topic
 * @param offset in that partition
 * @param visible whether readers of the cache see it already; if not they will once it is applied
 * @param ticket short text that names the write for good: for {@link Receipts} here or in another
 *     process, and for {@link Cache#loadAtLeast}
 * @param receipts where the methods below ask
 */
public record Receipt(
    @Nullable String writeId,
    int partition,
    long offset,
    boolean visible,
    String ticket,
    Receipts receipts) {

  /** What became of it, as {@link Receipts#outcome} says. */
  public Outcome outcome() {
    return receipts.outcome(ticket);
  }

  /** What became of it, waiting, as {@link Receipts#await} says. */
  public Outcome await(Duration limit) {
    return receipts.await(ticket, limit);
  }

  /** A call back, as {@link Receipts#decision} says. */
  public CompletableFuture<Outcome> decision() {
    return receipts.decision(ticket);
  }
}
