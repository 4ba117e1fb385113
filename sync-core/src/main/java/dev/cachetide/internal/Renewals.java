package dev.cachetide.internal;

import dev.cachetide.CacheConfig.Expiry;
import dev.cachetide.Loader;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refresh-ahead: values are renewed in the background when they are {@linkplain RenewalTime due}. A
 * hit never waits for it, and one process renews a value at a time.
 */
final class Renewals<K, V> {

  private static final Logger log = LoggerFactory.getLogger(Renewals.class);

  private final RenewalTime time;
  private final Loads<K, V> loads;
  private final Executor executor;
  private final InstantSource clock;
  private final Set<String> underway = ConcurrentHashMap.newKeySet();

  Renewals(
      Expiry expiry,
      Loads<K, V> loads,
      Executor executor,
      InstantSource clock,
      RandomGenerator random) {
    time = new RenewalTime(expiry, random);
    this.loads = loads;
    this.executor = executor;
    this.clock = clock;
  }

  /** Renews a value that was hit, if it is time. */
  void after(Found.Hit<V> hit, K key, String base, Loader<? super K, ? extends V> loader) {
    if (hit.stamp() == null || !isDue(hit.filledAt(), hit.loadMicros()) || !underway.add(base)) {
      return;
    }
    try {
      executor.execute(() -> renew(key, base, loader));
    } catch (RejectedExecutionException e) {
      // busy: a later hit tries again, and at the TTL a reader loads
      underway.remove(base);
    }
  }

  private void renew(K key, String base, Loader<? super K, ? extends V> loader) {
    try {
      // after the claim another process holds off, so what is due by its age alone decides
      loads.renew(key, base, loader, this::isDue);
    } catch (RuntimeException e) {
      // counted as a failed load; the value that is there stays until its TTL
      log.atDebug().setCause(e).log("a value could not be renewed ahead");
    } finally {
      underway.remove(base);
    }
  }

  private boolean isDue(long filledAt, long loadMicros) {
    return time.isDue(clock.millis(), filledAt, loadMicros);
  }
}
