package dev.cachetide.internal;

import dev.cachetide.CacheConfig;
import dev.cachetide.Loader;
import dev.cachetide.internal.Found.Look;
import dev.cachetide.internal.SingleFlight.Landing;
import dev.cachetide.internal.StatsCounter.Count;
import dev.cachetide.internal.coherence.Trust;
import dev.cachetide.internal.fenced.Origin;
import dev.cachetide.internal.fenced.Store;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What happens on a miss: one reader takes the lease of the key, loads and stores; the others of
 * this process share its flight, those of other processes look again until its value is there.
 *
 * <p>The value is stored only if the lease still stands, so a change whose eviction came in between
 * is never covered by what was read before it.
 */
final class Loads<K, V> {

  private static final long FIRST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long LATER_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

  private final CacheConfig config;
  private final Ground ground;
  private final Store store;
  private final Reads<V> reads;
  private final Fills<V> fills;
  private final Functions<K, V> functions;
  private final Near<K, V> near;
  private final SingleFlight<Optional<V>> flights;
  private final Loading<K, V> loading;

  Loads(
      CacheConfig config,
      Ground ground,
      Store store,
      Reads<V> reads,
      Fills<V> fills,
      Functions<K, V> functions,
      Near<K, V> near) {
    this.config = config;
    this.ground = ground;
    this.store = store;
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
    long deadline = now() + config.leases().waitBudget().toNanos();
    Look<V> look = first;
    // always from before the look that brings a value, or what left in between would stay in L1
    Near.Ticket ticket = near.ticket(request.base());
    for (int tries = 0; ; tries++) {
      Landing<Optional<V>> landing = settle(request, look, ticket);
      if (landing != null) {
        return landing;
      }
      if (tries == 0) {
        ground.stats().add(Count.LEASE_WAIT);
      }
      if (now() - deadline >= 0) {
        ground.stats().add(Count.LEASE_LOSS);
        return unfenced(request, stale(look.found()));
      }
      LockSupport.parkNanos(pauseNanos(tries));
      ticket = near.ticket(request.base());
      look = look(request.base());
    }
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
    if (look.found() instanceof Found.Busy<V>) {
      return null;
    }
    byte[] token = store.newToken();
    V stale = stale(look.found());
    Lease<V> lease = new Lease<>(look.at(), trust, token, ticket, stale != null, stale);
    if (look.found() instanceof Found.Expired<V> expired) {
      var mine = claim(look.at(), expired.stamp(), token);
      if (!mine.answered()) {
        return unfenced(request, stale);
      }
      return mine.isTrue() ? fenced(request, lease) : null;
    }
    if (look.found() instanceof Found.Useless<V>) {
      ground.guard().ask(() -> store.evict(List.of(look.at())));
    }
    var standing = ground.guard().ask(() -> store.lease(look.at(), token, config.leases().life()));
    if (!standing.answered()) {
      return unfenced(request, null);
    }
    byte[] other = standing.value();
    return other == null || store.isLease(other, token) ? fenced(request, lease) : null;
  }

  private Guard.Answer<Boolean> claim(String at, byte[] stamp, byte[] token) {
    return ground.guard().ask(() -> store.claim(at, stamp, token, config.leases().life()));
  }

  private static <V> @Nullable V stale(Found<V> found) {
    return found instanceof Found.Expired<V> expired ? expired.value() : null;
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
    byte[] token = store.newToken();
    Lease<V> lease = new Lease<>(look.at(), trust, token, ticket, true, null);
    if (claim(look.at(), stamp, token).isTrue()
        && fenced(new Request<>(key, base, loader, () -> {}), lease).standing()) {
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
      release(lease);
      return served(lease.stale(), e);
    } catch (Error e) {
      release(lease);
      throw e;
    }
    request.close().run();
    V value = loaded.value();
    Fills.Fill fill =
        loaded.tags() == null ? null : fills.of(value, lease.trust().generation(), loaded.tags());
    if (fill == null) {
      ground.guard().ask(() -> store.evict(List.of(lease.at())));
      return new Landing<>(Optional.ofNullable(value), false);
    }
    boolean stored = store(lease, fill, loaded.nanos());
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

  /**
   * Nobody should wait for a load that failed. A value that was only claimed stays; the claim of
   * one beyond its TTL is given back, so that the next reader tries at once, while one that is
   * renewed ahead of it has time: holding off is then what a database in trouble needs.
   */
  private void release(Lease<V> lease) {
    if (!lease.claimed()) {
      ground.guard().ask(() -> store.evict(List.of(lease.at())));
    } else if (lease.stale() != null) {
      ground.guard().ask(() -> store.release(lease.at(), lease.token()));
    }
  }

  private boolean store(Lease<V> lease, Fills.Fill fill, long loadNanos) {
    Origin origin = Origin.load(TimeUnit.NANOSECONDS.toMicros(loadNanos));
    var answer =
        ground
            .guard()
            .ask(() -> store.fill(lease.at(), lease.token(), fill.content(), origin, fill.life()));
    if (answer.answered()) {
      ground.stats().add(answer.isTrue() ? Count.SET : Count.REJECTED_FILL);
    }
    return answer.isTrue();
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

  private long now() {
    return ground.nanoTime().getAsLong();
  }

  private static long pauseNanos(int tries) {
    long limit = Math.min(LATER_LOOK_NANOS, FIRST_LOOK_NANOS << Math.min(tries, 5));
    return limit / 2 + ThreadLocalRandom.current().nextLong(limit / 2);
  }

  /** When a value is to be renewed. */
  interface Due {
    boolean isDue(long filledAt, long loadMicros);
  }

  private record Request<K, V>(
      K key, String base, Loader<? super K, ? extends V> loader, Runnable close) {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Lease<V>(
      String at,
      Trust trust,
      byte[] token,
      Near.Ticket ticket,
      boolean claimed,
      @Nullable V stale) {}
}
