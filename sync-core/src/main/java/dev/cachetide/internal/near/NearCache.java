package dev.cachetide.internal.near;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.cachetide.internal.coherence.Listeners.NearListener;
import dev.cachetide.wire.Invalidation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a process holds of one cache itself, in front of Redis. Keys are the whole names in Redis.
 *
 * <p><b>Guarantee.</b> Once {@link #invalidate} or {@link #flush} has returned, no read that begins
 * afterwards returns an entry that was read from Redis under a {@linkplain #ticket ticket} from
 * before, and nothing that is held returns later.
 *
 * <p><b>Why.</b> An entry is put in three steps: it is inserted, hidden; then it is looked up
 * whether anything that could touch it was invalidated after its ticket; only if not, it is shown.
 * An invalidation takes two: it notes its {@linkplain Moments moment}, then removes what it names.
 * If the look-up comes after the note, the entry is dropped before anybody has seen it. If it comes
 * before, then so does the insertion, and the removal, which follows the note, finds the entry;
 * that it may be shown after it was removed harms nobody. Every step is a volatile or an atomic
 * access or an operation of a concurrent map, so they have one order. No lock is held.
 *
 * <p>Tags are not looked for among the entries: an entry is compared with the moments of its tags
 * whenever it is read, as it is with the last flush. So invalidating a tag costs the same however
 * many entries carry it. A pattern is matched with every key that is held.
 *
 * <p>Values are handed out as they are, and must not be changed. Safe for concurrent use.
 */
public final class NearCache<V> implements NearListener {

  private final NearGuard guard;
  private final NearMeters meters;
  private final LongSupplier currentMillis;
  private final long ttlMillis;
  private final Moments moments = new Moments();
  private final Cache<String, Node<V>> nodes;

  /**
   * An empty one.
   *
   * @param nanoTime monotonic time, as {@link System#nanoTime()}
   * @param currentMillis wall-clock time, as {@link System#currentTimeMillis()}; looked at only
   *     when an entry is put
   */
  public NearCache(
      NearConfig config,
      NearGuard guard,
      NearMeters meters,
      LongSupplier nanoTime,
      LongSupplier currentMillis) {
    this.guard = guard;
    this.meters = meters;
    this.currentMillis = currentMillis;
    this.ttlMillis = config.ttl().toMillis();
    this.nodes =
        Caffeine.newBuilder()
            .maximumSize(config.maximumSize())
            .expireAfter(Expiry.<String, Node<V>>writing((key, node) -> node.life()))
            .ticker(nanoTime::getAsLong)
            // the little there is to do after a write is done by the writer, not by a shared pool
            .executor(Runnable::run)
            .build();
  }

  /** What is held; null on a miss, or while the guard says no. */
  public @Nullable Held<V> get(String key) {
    if (!guard.usable()) {
      meters.bypassed();
      return null;
    }
    Node<V> node = nodes.getIfPresent(key);
    if (node == null || !node.shown) {
      meters.miss();
      return null;
    }
    if (!moments.holds(node.moment, node.held.tags().keySet())) {
      nodes.asMap().remove(key, node);
      meters.miss();
      return null;
    }
    meters.hit();
    return node.held;
  }

  /** To be taken before the read of Redis begins whose result is to be {@link #put}. */
  public Ticket ticket(String key) {
    return new Ticket(moments.now());
  }

  /** Holds an entry, unless something that could touch it was invalidated since the ticket. */
  public void put(String key, Ticket ticket, Held<V> held) {
    long life = Math.min(ttlMillis, held.expiresAtMillis() - currentMillis.getAsLong());
    if (life <= 0) {
      return;
    }
    if (!guard.usable() || !untouched(key, ticket, held)) {
      meters.dropped();
      return;
    }
    Node<V> node = new Node<>(held, ticket.moment(), life);
    nodes.put(key, node);
    if (untouched(key, ticket, held)) {
      node.shown = true;
    } else {
      nodes.asMap().remove(key, node);
      meters.dropped();
    }
  }

  private boolean untouched(String key, Ticket ticket, Held<V> held) {
    return moments.untouched(key, ticket.moment(), held.tags().keySet());
  }

  @Override
  public void invalidate(Invalidation what) {
    if (what instanceof Invalidation.Key key) {
      moments.key(key.target());
      nodes.invalidate(key.target());
    } else if (what instanceof Invalidation.Tag tag) {
      moments.tag(tag.target());
    } else if (what instanceof Invalidation.Pattern pattern) {
      moments.pattern();
      RedisGlob glob = RedisGlob.of(pattern.target());
      nodes.asMap().keySet().removeIf(glob::matches);
    } else {
      flush();
    }
  }

  @Override
  public void flush() {
    moments.everything();
    // only to give the memory back: what is older than this moment is not served
    nodes.invalidateAll();
  }

  /** At most so many keys that are held, the most used first, for warming. Walks over all. */
  public List<String> hottest(int n) {
    return nodes
        .policy()
        .eviction()
        .map(eviction -> List.copyOf(eviction.hottest(n).keySet()))
        .orElse(List.of());
  }

  /** How many entries are held, about: with those that have expired or lost a tag unnoticed. */
  public long size() {
    return nodes.estimatedSize();
  }

  /**
   * An entry as it came from Redis.
   *
   * @param value null when the absence of the value is what is known
   * @param tags by name, the stamp that the entry carries; only the names count here
   * @param filledAtMillis wall-clock time of the load
   * @param expiresAtMillis wall-clock time from which it must not be served
   * @param loadMicros how long the load took
   * @param stamp tells this entry from others under the same key; not copied
   */
  // an array: it is compared by nobody here, and copying it would cost on every read
  @SuppressWarnings("ArrayRecordComponent")
  public record Held<V>(
      @Nullable V value,
      Map<String, String> tags,
      long filledAtMillis,
      long expiresAtMillis,
      long loadMicros,
      byte[] stamp) {
    /** Copies the tags. */
    public Held {
      tags = Map.copyOf(tags);
    }
  }

  /** An entry, not to be served before it is shown. */
  private static final class Node<V> {
    private final Held<V> held;
    private final long moment;
    private final long lifeMillis;
    private volatile boolean shown;

    Node(Held<V> held, long moment, long lifeMillis) {
      this.held = held;
      this.moment = moment;
      this.lifeMillis = lifeMillis;
    }

    Duration life() {
      return Duration.ofMillis(lifeMillis);
    }
  }
}
