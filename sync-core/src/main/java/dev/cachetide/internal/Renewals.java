package dev.cachetide.internal;

import dev.cachetide.CacheConfig.Expiry;
import dev.cachetide.Loader;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refresh-ahead: values are renewed in the background once their soft TTL has passed, and by chance
 * before it: the closer to it and the longer the load takes, the likelier (XFetch, Vattani,
 * Chierichetti and Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015). A hit
 * never waits for it, and one process renews a value at a time.
 */
final class Renewals<K, V> {

  private static final Logger log = LoggerFactory.getLogger(Renewals.class);

  private final Expiry expiry;
  private final Loads<K, V> loads;
  private final Executor executor;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Set<String> underway = ConcurrentHashMap.newKeySet();

  Renewals(
      Expiry expiry,
      Loads<K, V> loads,
      Executor executor,
      InstantSource clock,
      RandomGenerator random) {
    this.expiry = expiry;
    this.loads = loads;
    this.executor = executor;
    this.clock = clock;
    this.random = random;
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
    Duration soft = expiry.soft();
    if (soft == null) {
      return false;
    }
    // -ln of (0, 1]: nextDouble may be 0, never 1
    double early = loadMicros / 1_000.0 * expiry.beta() * -Math.log(1 - random.nextDouble());
    return clock.millis() + early >= filledAt + soft.toMillis();
  }
}
