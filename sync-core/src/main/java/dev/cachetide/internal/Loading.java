package dev.cachetide.internal;

import dev.cachetide.CacheConfig.Leases;
import dev.cachetide.LoadFailedException;
import dev.cachetide.Loader;
import dev.cachetide.internal.StatsCounter.Count;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Calls loaders: bounded in number, timed and counted.
 *
 * <p>The stamps of a value's tags have to be read before its load. Where only the value tells its
 * tags and their stamps are not known from before, it is loaded again.
 */
final class Loading<K, V> {

  private static final int ROUNDS = 3;

  private final Leases limits;
  private final Ground ground;
  private final Functions<K, V> functions;
  private final Semaphore permits;

  Loading(Leases limits, Ground ground, Functions<K, V> functions) {
    this.limits = limits;
    this.ground = ground;
    this.functions = functions;
    permits = new Semaphore(limits.concurrentLoads());
  }

  /** Loads with the stamps of the value's tags, as they were before. */
  Loaded<V> withTags(K key, Loader<? super K, ? extends V> loader) {
    Map<String, String> stamps = new HashMap<>();
    Set<String> ofKey = functions.keyTags().apply(key);
    boolean known = readStamps(ofKey, stamps);
    for (int round = 1; ; round++) {
      long start = now();
      Loaded<V> loaded = once(key, loader);
      Set<String> all = new HashSet<>(ofKey);
      all.addAll(tagsOf(loaded.value()));
      stamps.putAll(ground.tags().seenBefore(all, start));
      Set<String> missing = new HashSet<>(all);
      missing.removeAll(stamps.keySet());
      if (!known || missing.isEmpty()) {
        stamps.keySet().retainAll(all);
        return new Loaded<>(loaded.value(), known ? stamps : null, loaded.nanos());
      }
      known = round < ROUNDS && readStamps(missing, stamps);
    }
  }

  private Set<String> tagsOf(@Nullable V value) {
    return value == null ? Set.of() : functions.valueTags().apply(value);
  }

  private boolean readStamps(Set<String> names, Map<String, String> into) {
    if (names.isEmpty()) {
      return true;
    }
    var answer = ground.guard().ask(() -> ground.tags().read(names));
    if (answer.value() != null) {
      into.putAll(answer.value());
    }
    return answer.value() != null;
  }

  /** Loads without looking at tags. */
  Loaded<V> once(K key, Loader<? super K, ? extends V> loader) {
    acquire();
    long start = now();
    try {
      V value = loader.load(key);
      long nanos = now() - start;
      ground.stats().loaded(nanos);
      return new Loaded<>(value, null, nanos);
    } catch (RuntimeException | Error e) {
      ground.stats().add(Count.LOAD_FAILURE);
      throw e;
    } catch (Exception e) {
      ground.stats().add(Count.LOAD_FAILURE);
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw new LoadFailedException(e);
    } finally {
      permits.release();
    }
  }

  private void acquire() {
    Duration patience = limits.loadTimeout();
    try {
      if (!permits.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new LoadFailedException("too many loads at once for " + patience);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LoadFailedException("interrupted while waiting to load");
    }
  }

  private long now() {
    return ground.nanoTime().getAsLong();
  }

  /**
   * What was loaded.
   *
   * @param tags stamps by name; null when they could not be had, and then nothing may be stored
   * @param nanos how long it took
   */
  record Loaded<V>(@Nullable V value, @Nullable Map<String, String> tags, long nanos) {}
}
