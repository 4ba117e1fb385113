package dev.cachetide;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * A cache's {@link CacheStats} as Micrometer meters: {@code new CacheMeters(cache)
 * .bindTo(registry)}. Needs Micrometer on the class path, which nothing else in this package does.
 *
 * <p>Each is tagged {@code cache} with the cache's name, never with a key. {@link Cache#resetStats}
 * sets the counters back, which monitoring systems take for a restart. The registry does not keep
 * the cache alive.
 */
public final class CacheMeters implements MeterBinder {

  private static final String PREFIX = "cachetide.cache.";

  private final Cache<?, ?> cache;

  /** Meters of a cache. */
  public CacheMeters(Cache<?, ?> cache) {
    this.cache = cache;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    reads(registry);
    counter(registry, "sets", "entries stored", CacheStats::sets);
    counter(registry, "deletes", "keys evicted by this process", CacheStats::deletes);
    counter(registry, "errors", "commands that Redis did not answer", CacheStats::errors);
    counter(registry, "oversize", "values too large to be stored", CacheStats::oversize);
    counter(registry, "undecodable", "entries that were of no use", CacheStats::undecodable);
    counter(registry, "near.flushes", "times that L1 was emptied", CacheStats::nearFlushes);
    counter(registry, "near.bypasses", "reads that did not ask L1", CacheStats::nearBypasses);
    loads(registry);
  }

  private void reads(MeterRegistry registry) {
    counter(registry, "near.hits", "reads that L1 answered", CacheStats::nearHits);
    counter(registry, "hits", "reads that Redis answered", CacheStats::hits);
    counter(registry, "misses", "reads that neither answered", CacheStats::misses);
    counter(registry, "bypasses", "reads that did not ask Redis", CacheStats::bypasses);
    Gauge.builder(PREFIX + "hit.ratio", cache, each -> each.stats().hitRatio())
        .tags(tags())
        .description("reads answered by L1 or Redis among all")
        .register(registry);
  }

  private void loads(MeterRegistry registry) {
    FunctionTimer.builder(
            PREFIX + "loads",
            cache,
            each -> each.stats().loads(),
            each -> each.stats().loadTime().toNanos(),
            TimeUnit.NANOSECONDS)
        .tags(tags())
        .description("loads that returned, and their time")
        .register(registry);
    counter(registry, "load.failures", "loads that failed", CacheStats::loadFailures);
    counter(registry, "lease.waits", "reads that waited for another", CacheStats::leaseWaits);
    counter(registry, "lease.losses", "of those, in vain", CacheStats::leaseLosses);
    counter(registry, "rejected.fills", "values evicted while loading", CacheStats::rejectedFills);
    counter(registry, "stale.served", "values beyond their TTL", CacheStats::staleServed);
    counter(registry, "refreshes", "values renewed ahead", CacheStats::refreshes);
  }

  private void counter(
      MeterRegistry registry, String name, String what, ToDoubleFunction<CacheStats> count) {
    FunctionCounter.builder(PREFIX + name, cache, each -> count.applyAsDouble(each.stats()))
        .tags(tags())
        .description(what)
        .register(registry);
  }

  private Tags tags() {
    return Tags.of("cache", cache.name());
  }
}
