package dev.cachetide.internal;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.cachetide.Loader;
import dev.cachetide.NotAppliedException;
import dev.cachetide.Receipts;
import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.internal.receipts.Ticket;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Reads that return nothing older than a write.
 *
 * <p>If Redis shows a write of the same partition that is as late, that is the answer. Otherwise
 * the write has to be decided first. Then the primary shows it, or never will, but what the cache
 * holds may be from before: the change is perhaps still on its way to it. So the key is evicted,
 * here and in Redis, and read through. The eviction takes the leases of loads that began before it,
 * so that none of them stores what it has read, or hands it to a reader who came after; whatever is
 * found later was loaded later, or shows a later write, which the eviction spares. That holds for
 * all tickets up to this one, which is remembered, so that a reader who shows the same ticket with
 * every read evicts once.
 *
 * <p>Where Redis does not confirm the eviction, and where entries have no fence, the value is
 * loaded without looking at the cache or at the loads of others.
 */
final class TicketReads<K, V> {

  private static final int REMEMBERED = 10_000;

  private final Reads<V> reads;
  private final Loads<K, V> loads;
  private final Evictions<K, V> evictions;
  private final boolean fenced;
  private final Receipts receipts;
  private final Cache<String, Ticket> satisfied =
      Caffeine.newBuilder().maximumSize(REMEMBERED).build();

  TicketReads(
      Reads<V> reads,
      Loads<K, V> loads,
      Evictions<K, V> evictions,
      boolean fenced,
      Receipts receipts) {
    this.reads = reads;
    this.loads = loads;
    this.evictions = evictions;
    this.fenced = fenced;
    this.receipts = receipts;
  }

  /**
   * Reads.
   *
   * @param plainly reads in the usual way, with the same loader
   * @throws NotAppliedException when the write is not decided within the limit
   */
  Optional<V> read(
      K key,
      String base,
      String text,
      Duration limit,
      Loader<? super K, ? extends V> loader,
      Supplier<Optional<V>> plainly) {
    Ticket ticket = Ticket.parse(text);
    Ticket before = satisfied.getIfPresent(base);
    if (before != null && before.isAtLeast(ticket)) {
      return plainly.get();
    }
    Found.Hit<V> shown = reads.dirtyNow(base, ticket);
    if (shown == null && !receipts.await(text, limit).decided()) {
      throw new NotAppliedException(text);
    }
    shown = shown == null ? reads.dirtyNow(base, ticket) : shown;
    if (shown != null) {
      return Optional.ofNullable(shown.value());
    }
    if (!evictions.evictNow(base, Spared.after(ticket.partition(), ticket.offset())) || !fenced) {
      return loads.alone(key, loader);
    }
    satisfied.put(base, ticket);
    return plainly.get();
  }
}
