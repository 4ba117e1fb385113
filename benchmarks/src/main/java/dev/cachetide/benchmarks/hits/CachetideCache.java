package dev.cachetide.benchmarks.hits;

import dev.cachetide.Cache;
import dev.cachetide.CacheBuilder;
import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Cachetide with a pipeline, so that every hit is one that is known to be coherent: entries are
 * believed only while a worker is heard.
 */
final class CachetideCache implements HitPath {

  private static final String PIPELINE = "bench";
  private static final long TRUST_WITHIN_NANOS = 10_000_000_000L;

  private final Heartbeat heartbeat;
  private final Cachetide client;
  private final Cache<Long, Product> cache;

  private CachetideCache(String redisUri, boolean near) {
    heartbeat = Heartbeat.start(redisUri, PIPELINE);
    client = Cachetide.builder().redis(redisUri).pipeline(PIPELINE).build();
    CacheBuilder<Long, Product> builder =
        client.<Long, Product>cache("bench", Codec.json(Product.class)).prefix("cachetide:");
    cache = (near ? builder.near(10_000, Duration.ofHours(1)) : builder).build();
    awaitTrust();
  }

  static CachetideCache remote(String redisUri) {
    return new CachetideCache(redisUri, false);
  }

  static CachetideCache near(String redisUri) {
    return new CachetideCache(redisUri, true);
  }

  private void awaitTrust() {
    long start = System.nanoTime();
    while (!client.trusted()) {
      if (System.nanoTime() - start > TRUST_WITHIN_NANOS) {
        throw new IllegalStateException("the client does not trust Redis");
      }
      LockSupport.parkNanos(10_000_000);
    }
  }

  @Override
  public void put(Product product) {
    cache.put(product.id(), product);
  }

  @Override
  public @Nullable Product get(long id) {
    return cache.get(id).orElse(null);
  }

  @Override
  public void close() {
    client.close();
    heartbeat.close();
  }
}
