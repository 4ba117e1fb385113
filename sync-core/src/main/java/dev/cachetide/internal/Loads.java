package dev.cachetide.internal;

import dev.cachetide.CacheConfig;
import dev.cachetide.Loader;
import dev.cachetide.internal.Found.Look;
import dev.cachetide.internal.LeaseTaking.Lease;
import dev.cachetide.internal.SingleFlight.Landing;
import dev.cachetide.internal.StatsCounter.Count;
import dev.cachetide.internal.coherence.Trust;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What happens on a miss: one reader takes the lease of the key, loads and stores; the others of
 * this process share its flight, those of other processes look again until its value is there.
 *
 * <p>The value is stored only if the lease still stands, so a change whose eviction came in between
 * is never covered by what was read before it.
 */
final class Loads<K, V> {

  private final CacheConfig config;
  private final Ground ground;
  private final LeaseTaking<K, V> leases;
  private final Reads<V> reads;
  private final Fills<V> fills;
  private final Functions<K, V> functions;
  private final Near<K, V> near;
  private final SingleFlight<Optional<V>> flights;
  private final Loading<K, V> loading;

  Loads(
      CacheConfig config,
      Ground ground,
      LeaseTaking<K, V> leases,
      Reads<V> reads,
      Fills<V> fills,
      Functions<K, V> functions,
      Near<K, V> near) {
    this.config = config;
    this.ground = ground;
    this.leases = leases;
    this.reads = reads;
    this.fills = fills;
    this.functions = functions;
    this.near = near;
    flights = new SingleFlight<>(config.leases().waiters(), config.leases().loadTimeout());
    loading = new Loading<>(config.leases(), ground, functions);
  }

  /** The value of a key that was just looked at in vain. */
  Optional<V> through(K key, String base, Look<V> first, Loader<? super K, ? extends V> loader) {
    return flights.fly(base, close -> land(new Request<>(key, base, loader, close), first));
  }

  private Landing<Optional<V>> land(Request<K, V> request, Look<V> first) {
    return leases.waiting(
        request.base(),
        first,
        new LeaseTaking.Settling<>() {
          @Override
          public @Nullable Landing<Optional<V>> settle(Look<V> look, Near.Ticket ticket) {
            return Loads.this.settle(request, look, ticket);
          }

          @Override
          public Landing<Optional<V>> inVain(Look<V> look) {
            return unfenced(request, LeaseTaking.stale(look.found()));
          }
        });
  }

  /** Null when somebody else is loading. */
  private @Nullable Landing<Optional<V>> settle(
      Request<K, V> request, Look<V> look, Near.Ticket ticket) {
    Trust trust = look.trust();
    if (trust == null) {
      return unfenced(request, null);
    }
    if (look.found() instanceof Found.Hit<V> hit) {
      near.put(request.key(), request.base(), ticket, hit);
      return new Landing<>(Optional.ofNullable(hit.value()), false);
    }
    LeaseTaking.Answer<V> answer = leases.take(look, trust, ticket);
    if (!answer.answered()) {
      return unfenced(request, LeaseTaking.stale(look.found()));
    }
    return answer.lease() == null ? null : fenced(request, answer.lease());
  }

  /** Renews a value that was hit, unless somebody else does or has done it. */
  void renew(K key, String base, Loader<? super K, ? extends V> loader, Due due) {
    Near.Ticket ticket = near.ticket(base);
    Look<V> look = look(base);
    if (!(look.found() instanceof Found.Hit<V> hit)) {
      return;
    }
    Trust trust = look.trust();
    byte[] stamp = hit.stamp();
    if (stamp == null || trust == null || !due.isDue(hit.filledAt(), hit.loadMicros())) {
      near.put(key, base, ticket, hit);
      return;
    }
    Lease<V> lease = leases.takeOf(look, trust, stamp, ticket);
    if (lease != null && fenced(new Request<>(key, base, loader, () -> {}), lease).standing()) {
      ground.stats().add(Count.REFRESH);
    }
  }

  /** The value by the loader alone: nobody shares the load, and nothing is stored. */
  Optional<V> alone(K key, Loader<? super K, ? extends V> loader) {
    return Optional.ofNullable(loading.once(key, loader).value());
  }

  private Look<V> look(String base) {
    return reads.lookNow(base);
  }

  private Landing<Optional<V>> fenced(Request<K, V> request, Lease<V> lease) {
    Loading.Loaded<V> loaded;
    try {
      loaded = loading.withTags(request.key(), request.loader());
    } catch (RuntimeException e) {
      leases.release(lease);
      return served(lease.stale(), e);
    } catch (Error e) {
      leases.release(lease);
      throw e;
    }
    request.close().run();
    V value = loaded.value();
    Fills.Fill fill =
        loaded.tags() == null ? null : fills.of(value, lease.trust().generation(), loaded.tags());
    if (fill == null) {
      leases.evict(lease);
      return new Landing<>(Optional.ofNullable(value), false);
    }
    boolean stored = leases.fill(lease, fill, loaded.nanos());
    if (stored) {
      near.filled(
          request.key(), request.base(), lease.ticket(), value, fill.content(), lease.token());
      functions.aliases().loaded(request.key(), value);
    }
    return new Landing<>(Optional.ofNullable(value), stored && stands(request, lease, fill));
  }

  /**
   * Whether those who came during the load may have the value too. That it was stored says that its
   * key was not evicted meanwhile; a tag, a version and the generation leave the lease alone, so
   * where there are any the entry is looked at once more.
   */
  private boolean stands(Request<K, V> request, Lease<V> lease, Fills.Fill fill) {
    if (config.plain() || (fill.content().tags().isEmpty() && config.version() == null)) {
      return ground.coherence().trust() == lease.trust();
    }
    return look(request.base()).found() instanceof Found.Hit<V> hit
        && Arrays.equals(hit.stamp(), lease.token());
  }

  private Landing<Optional<V>> unfenced(Request<K, V> request, @Nullable V stale) {
    try {
      return new Landing<>(
          Optional.ofNullable(loading.once(request.key(), request.loader()).value()), false);
    } catch (RuntimeException e) {
      return served(stale, e);
    }
  }

  /** The stale value within its grace, or the failure. */
  private Landing<Optional<V>> served(@Nullable V stale, RuntimeException failure) {
    if (stale == null) {
      throw failure;
    }
    ground.stats().add(Count.STALE_SERVED);
    return new Landing<>(Optional.of(stale), false);
  }

  /** When a value is to be renewed. */
  interface Due {
    boolean isDue(long filledAt, long loadMicros);
  }

  private record Request<K, V>(
      K key, String base, Loader<? super K, ? extends V> loader, Runnable close) {}
}
