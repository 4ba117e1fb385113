package dev.cachetide.internal;

import dev.cachetide.Leased;
import dev.cachetide.internal.Found.Look;
import dev.cachetide.internal.LeaseTaking.Lease;
import dev.cachetide.internal.coherence.Trust;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Reads that hand the lease out, for callers that load by themselves.
 *
 * <p>The same fence as {@link Loads}: the lease is taken before the caller loads, and what it
 * brings is stored only if the lease still stands. What is missing beside a loader is the flight:
 * readers of one process wait for each other as those of several do, by looking at Redis.
 */
final class LeasedReads<K, V> {

  private final Ground ground;
  private final LeaseTaking<K, V> leases;
  private final Fills<V> fills;
  private final Functions<K, V> functions;
  private final Near<K, V> near;

  LeasedReads(
      Ground ground,
      LeaseTaking<K, V> leases,
      Fills<V> fills,
      Functions<K, V> functions,
      Near<K, V> near) {
    this.ground = ground;
    this.leases = leases;
    this.fills = fills;
    this.functions = functions;
    this.near = near;
  }

  /** Of a key that was just looked at; a hit is counted and kept already. */
  Leased<V> after(K key, String base, Look<V> first) {
    if (first.found() instanceof Found.Hit<V> hit) {
      return hit(hit);
    }
    return leases.waiting(
        base,
        first,
        new LeaseTaking.Settling<>() {
          @Override
          public @Nullable Leased<V> settle(Look<V> look, Near.Ticket ticket) {
            return LeasedReads.this.settle(key, base, look, ticket);
          }

          @Override
          public Leased<V> inVain(Look<V> look) {
            return unleased();
          }
        });
  }

  private @Nullable Leased<V> settle(K key, String base, Look<V> look, Near.Ticket ticket) {
    Trust trust = look.trust();
    if (trust == null) {
      return unleased();
    }
    if (look.found() instanceof Found.Hit<V> hit) {
      near.put(key, base, ticket, hit);
      return hit(hit);
    }
    LeaseTaking.Answer<V> answer = leases.take(look, trust, ticket);
    if (!answer.answered()) {
      return unleased();
    }
    return answer.lease() == null ? null : held(key, base, answer.lease());
  }

  /** Something was cached. */
  Leased<V> hit(Found.Hit<V> hit) {
    return new Ended<>(true, Optional.ofNullable(hit.value()));
  }

  /** Nothing was cached, and nothing may be stored. */
  private Leased<V> unleased() {
    return new Ended<>(false, Optional.empty());
  }

  /** The stamps of tags are read after the lease was taken and before the caller loads. */
  private Leased<V> held(K key, String base, Lease<V> lease) {
    Set<String> names = functions.keyTags().apply(key);
    Map<String, String> stamps =
        names.isEmpty() ? Map.of() : ground.guard().ask(() -> ground.tags().read(names)).value();
    if (stamps == null) {
      leases.release(lease);
      return unleased();
    }
    return new Held(key, base, lease, stamps);
  }

  /** There is nothing to fill. */
  private record Ended<V>(boolean hit, Optional<V> value) implements Leased<V> {

    @Override
    public boolean fill(@Nullable V value) {
      return false;
    }

    @Override
    public void close() {}
  }

  private final class Held implements Leased<V> {
    private final K key;
    private final String base;
    private final Lease<V> lease;
    private final Map<String, String> stamps;
    private final long since = ground.nanoTime().getAsLong();
    private final AtomicBoolean ended = new AtomicBoolean();

    Held(K key, String base, Lease<V> lease, Map<String, String> stamps) {
      this.key = key;
      this.base = base;
      this.lease = lease;
      this.stamps = stamps;
    }

    @Override
    public boolean hit() {
      return false;
    }

    @Override
    public Optional<V> value() {
      return Optional.empty();
    }

    @Override
    public boolean fill(@Nullable V value) {
      if (!ended.compareAndSet(false, true)) {
        return false;
      }
      long nanos = ground.nanoTime().getAsLong() - since;
      ground.stats().loaded(nanos);
      Map<String, String> tags = stampsOf(value);
      Fills.Fill fill = tags == null ? null : fills.of(value, lease.trust().generation(), tags);
      if (fill == null) {
        leases.evict(lease);
        return false;
      }
      boolean stored = leases.fill(lease, fill, nanos);
      if (stored) {
        near.filled(key, base, lease.ticket(), value, fill.content(), lease.token());
        functions.aliases().loaded(key, value);
      }
      return stored;
    }

    /** Null when a tag's stamp is not known from before the load; the next one finds it known. */
    private @Nullable Map<String, String> stampsOf(@Nullable V value) {
      Set<String> all = new HashSet<>(functions.keyTags().apply(key));
      all.addAll(value == null ? Set.of() : functions.valueTags().apply(value));
      Map<String, String> known = new HashMap<>(stamps);
      known.putAll(ground.tags().seenBefore(all, since));
      if (!known.keySet().containsAll(all)) {
        ground.guard().ask(() -> ground.tags().read(all));
        return null;
      }
      known.keySet().retainAll(all);
      return known;
    }

    @Override
    public void close() {
      if (ended.compareAndSet(false, true)) {
        leases.release(lease);
      }
    }
  }
}
