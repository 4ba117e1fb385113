package dev.cachetide.internal;

import dev.cachetide.CacheConfig;
import dev.cachetide.WriteBehind;
import dev.cachetide.WritePublisher;
import dev.cachetide.internal.fenced.Store;
import dev.cachetide.wire.Invalidation;
import java.util.Random;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What one cache is made of.
 *
 * @param behind null without Kafka
 * @param ticketReads null without Kafka
 */
record CacheParts<K, V>(
    Ground ground,
    Functions<K, V> functions,
    Near<K, V> near,
    Reads<V> reads,
    Loads<K, V> loads,
    LeasedReads<K, V> leased,
    Renewals<K, V> renewals,
    Bulk<K, V> bulk,
    Writes<K, V> writes,
    Evictions<K, V> evictions,
    Warmer<K, V> warmer,
    @Nullable WriteBehind<K, V> behind,
    @Nullable TicketReads<K, V> ticketReads) {

  /** Puts a cache together. */
  static <K, V> CacheParts<K, V> assemble(
      CacheConfig config,
      Ground ground,
      Functions<K, V> functions,
      Store store,
      Near<K, V> near,
      Consumer<Invalidation> word,
      @Nullable WritePublisher publisher) {
    RandomGenerator random = new Random();
    Payloads<V> payloads = new Payloads<>(functions.codec(), config.limits(), !config.plain());
    Fills<V> fills = new Fills<>(config, payloads, ground.stats(), ground.clock(), random);
    Reads<V> reads = new Reads<>(config, ground, store, payloads);
    LeaseTaking<K, V> leases = new LeaseTaking<>(config, ground, store, reads, near);
    Loads<K, V> loads = new Loads<>(config, ground, leases, reads, fills, functions, near);
    Bulk<K, V> bulk = new Bulk<>(config, ground, store, reads, fills, functions, near);
    Evictions<K, V> evictions = new Evictions<>(reads, ground, store, near, word);
    return new CacheParts<>(
        ground,
        functions,
        near,
        reads,
        loads,
        new LeasedReads<>(ground, leases, fills, functions, near),
        new Renewals<>(config.expiry(), loads, ground.executor(), ground.clock(), random),
        bulk,
        new Writes<>(
            ground, store, reads, fills, payloads, functions, evictions, config.leases().life()),
        evictions,
        new Warmer<>(bulk, ground.guard(), ground.nanoTime()),
        publisher == null
            ? null
            : new BehindWrites<>(
                ground,
                store,
                reads,
                fills,
                payloads,
                functions,
                evictions,
                new BehindWrites.Settings(
                    publisher, config.leases().life(), config.expiry().dirty())),
        publisher == null
            ? null
            : new TicketReads<>(reads, loads, evictions, !config.plain(), publisher.receipts()));
  }
}
