package dev.cachetide.internal;

import dev.cachetide.Alias;
import dev.cachetide.AsyncCache;
import dev.cachetide.BulkLoader;
import dev.cachetide.Cache;
import dev.cachetide.CacheConfig;
import dev.cachetide.CacheStats;
import dev.cachetide.Codec;
import dev.cachetide.FieldChange;
import dev.cachetide.Leased;
import dev.cachetide.Loader;
import dev.cachetide.Timed;
import dev.cachetide.Warming;
import dev.cachetide.WriteBehind;
import dev.cachetide.internal.Found.Look;
import dev.cachetide.internal.StatsCounter.Count;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The cache that applications get: L1, then Redis, then the loader. */
final class DefaultCache<K, V> implements Cache<K, V> {

  private final CacheConfig config;
  private final CacheParts<K, V> parts;
  private final Ground ground;
  private final Functions<K, V> functions;
  private final Family family;
  private final Changes<K, V> changes;

  /**
   * A cache.
   *
   * @param family makes the caches of its aliases' pointers
   */
  DefaultCache(CacheConfig config, CacheParts<K, V> parts, Family family) {
    this.config = config;
    this.parts = parts;
    this.family = family;
    changes = new Changes<>(parts);
    ground = parts.ground();
    functions = parts.functions();
  }

  @Override
  public String name() {
    return config.name();
  }

  @Override
  public Optional<V> get(K key) {
    String base = functions.keyOf().apply(key);
    Found.Hit<V> held = near(base);
    if (held != null) {
      return Optional.ofNullable(held.value());
    }
    Look<V> look = lookNow(key, base);
    return look.found() instanceof Found.Hit<V> hit
        ? Optional.ofNullable(hit.value())
        : Optional.empty();
  }

  @Override
  public Optional<V> getOrLoad(K key, Loader<? super K, ? extends V> loader) {
    String base = functions.keyOf().apply(key);
    Found.Hit<V> held = near(base);
    if (held != null) {
      renew(held, key, base, loader);
      return Optional.ofNullable(held.value());
    }
    return loadUnlessHit(key, base, lookNow(key, base), loader);
  }

  Optional<V> loadUnlessHit(
      K key, String base, Look<V> look, Loader<? super K, ? extends V> loader) {
    if (look.found() instanceof Found.Hit<V> hit) {
      renew(hit, key, base, loader);
      return Optional.ofNullable(hit.value());
    }
    return parts.loads().through(key, base, look, loader);
  }

  @Override
  public Leased<V> getOrLease(K key) {
    String base = functions.keyOf().apply(key);
    Found.Hit<V> held = near(base);
    return held != null ? leased().hit(held) : leased().after(key, base, lookNow(key, base));
  }

  LeasedReads<K, V> leased() {
    return parts.leased();
  }

  void renew(Found.Hit<V> hit, K key, String base, Loader<? super K, ? extends V> loader) {
    parts.renewals().after(hit, key, base, loader);
  }

  Found.@Nullable Hit<V> near(String base) {
    Found.Hit<V> held = parts.near().get(base);
    if (held != null) {
      ground.stats().add(Count.NEAR_HIT);
    }
    return held;
  }

  private Look<V> lookNow(K key, String base) {
    Near.Ticket ticket = parts.near().ticket(base);
    return counted(key, base, ticket, parts.reads().lookNow(base));
  }

  /** Looks in Redis, keeps what is found in L1, and counts. */
  CompletionStage<Look<V>> look(K key, String base) {
    Near.Ticket ticket = parts.near().ticket(base);
    return parts.reads().look(base).thenApply(look -> counted(key, base, ticket, look));
  }

  private Look<V> counted(K key, String base, Near.Ticket ticket, Look<V> look) {
    if (look.found() instanceof Found.Hit<V> hit) {
      ground.stats().add(Count.HIT);
      parts.near().put(key, base, ticket, hit);
    } else {
      ground.stats().add(Count.MISS);
    }
    return look;
  }

  @Override
  public Optional<V> load(K key) {
    return getOrLoad(key, loader());
  }

  Loader<K, V> loader() {
    Loader<K, V> loader = functions.loader();
    if (loader == null) {
      throw new IllegalStateException(
          "cache " + name() + " was built without a loader; call loader(…) on its builder");
    }
    return loader;
  }

  @Override
  public Map<K, V> getAll(Collection<K> keys) {
    Map<K, V> values = ground.guard().await(looking(keys)).value();
    return values == null ? Map.of() : values;
  }

  CompletionStage<Map<K, V>> looking(Collection<K> keys) {
    return parts.bulk().look(keys).thenApply(Bulk.Looked::values);
  }

  @Override
  public Map<K, V> getAllOrLoad(Collection<K> keys, BulkLoader<K, V> loader) {
    Bulk.Looked<K, V> answer = ground.guard().await(parts.bulk().look(keys)).value();
    Bulk.Looked<K, V> looked = answer == null ? parts.bulk().bypassed(keys) : answer;
    Map<K, V> values = new HashMap<>(looked.values());
    values.putAll(parts.bulk().load(looked.missing(), loader, false).values());
    return values;
  }

  @Override
  public Optional<V> loadAtLeast(K key, String ticket, Duration limit) {
    return getOrLoadAtLeast(key, ticket, limit, loader());
  }

  @Override
  public Optional<V> getOrLoadAtLeast(
      K key, String ticket, Duration limit, Loader<? super K, ? extends V> loader) {
    TicketReads<K, V> reads = parts.ticketReads();
    if (reads == null) {
      throw withoutKafka();
    }
    String base = functions.keyOf().apply(key);
    return reads.read(key, base, ticket, limit, loader, () -> getOrLoad(key, loader));
  }

  private static IllegalStateException withoutKafka() {
    return new IllegalStateException(
        "the client was built without Kafka; call pipeline(…) and kafka(…) on its builder");
  }

  Duration ttl() {
    return parts.writes().ttl();
  }

  @Override
  public void put(K key, V value) {
    put(key, value, ttl());
  }

  @Override
  public void put(K key, V value, Duration ttl) {
    putAll(Map.of(key, new Timed<>(value, ttl)));
  }

  @Override
  public void putAll(Map<K, Timed<V>> values) {
    ground.guard().await(putting(values));
  }

  CompletableFuture<Void> putting(Map<K, Timed<V>> values) {
    return parts.writes().put(values);
  }

  @Override
  public boolean evict(K key) {
    return evictAll(List.of(key));
  }

  @Override
  public boolean evictAll(Collection<K> keys) {
    return keys.isEmpty() || ground.guard().await(evicting(keys)).isTrue();
  }

  CompletionStage<Boolean> evicting(Collection<K> keys) {
    return changes.evict(keys);
  }

  @Override
  public V writeThrough(K key, Callable<V> write) throws Exception {
    return changes.writeThrough(key, write);
  }

  @Override
  public void deleteThrough(K key, Callable<?> delete) throws Exception {
    changes.deleteThrough(key, delete);
  }

  @Override
  public boolean updateField(K key, FieldChange change, Callable<?> write) throws Exception {
    boolean kept = changes.updateField(key, change, write);
    if (!functions.aliases().none()) {
      // the new name is told by the new value only
      load(key).ifPresent(value -> ground.guard().await(functions.aliases().stored(key, value)));
    }
    return kept;
  }

  @Override
  public WriteBehind<K, V> writeBehind() {
    WriteBehind<K, V> behind = parts.behind();
    if (behind == null) {
      throw withoutKafka();
    }
    return behind;
  }

  @Override
  public Warming.Result warm(Iterable<K> keys, BulkLoader<K, V> loader, Warming warming) {
    return parts.warmer().warm(keys, loader, warming);
  }

  @Override
  public List<K> hottest(int count) {
    return parts.near().hottest(count);
  }

  @Override
  public <A> Alias<A, V> alias(
      String prefix, Alias.Of<V, A> aliasOf, Codec<K> keys, Loader<A, K> resolver) {
    var unused = loader();
    CacheConfig.Expiry expiry = config.expiry();
    CacheConfig pointing =
        new CacheConfig(
            name() + "/" + prefix,
            false,
            config.version(),
            expiry.withoutRenewal(),
            config.leases(),
            config.limits(),
            config.near());
    Cache<A, K> pointers =
        family.cache(
            pointing,
            new Functions<>(
                keys, Functions.prefixed(prefix), alias -> Set.of(), key -> Set.of(), resolver));
    DefaultAlias<A, K, V> alias = new DefaultAlias<>(this, pointers, aliasOf);
    functions.aliases().add(alias);
    return alias;
  }

  @Override
  public AsyncCache<K, V> async() {
    return new DefaultAsyncCache<>(this, functions, ground.executor());
  }

  @Override
  public CacheStats stats() {
    return ground.stats().snapshot();
  }

  @Override
  public void resetStats() {
    ground.stats().reset();
  }

  /** Makes another cache on the same client. */
  @FunctionalInterface
  interface Family {
    <A, B> Cache<A, B> cache(CacheConfig config, Functions<A, B> functions);
  }
}
