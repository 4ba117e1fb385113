package dev.cachetide.internal;

import dev.cachetide.AsyncCache;
import dev.cachetide.BulkLoader;
import dev.cachetide.Leased;
import dev.cachetide.Loader;
import dev.cachetide.Timed;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/** Hits complete without a thread of their own; a miss, whose loader blocks, takes one. */
final class DefaultAsyncCache<K, V> implements AsyncCache<K, V> {

  private final DefaultCache<K, V> cache;
  private final Functions<K, V> functions;
  private final Executor executor;

  DefaultAsyncCache(DefaultCache<K, V> cache, Functions<K, V> functions, Executor executor) {
    this.cache = cache;
    this.functions = functions;
    this.executor = executor;
  }

  @Override
  public CompletableFuture<Optional<V>> get(K key) {
    String base = functions.keyOf().apply(key);
    Found.Hit<V> held = cache.near(base);
    if (held != null) {
      return CompletableFuture.completedFuture(Optional.ofNullable(held.value()));
    }
    return cache
        .look(key, base)
        .thenApply(
            look ->
                look.found() instanceof Found.Hit<V> hit
                    ? Optional.ofNullable(hit.value())
                    : Optional.<V>empty())
        .toCompletableFuture();
  }

  @Override
  public CompletableFuture<Optional<V>> getOrLoad(K key, Loader<? super K, ? extends V> loader) {
    String base = functions.keyOf().apply(key);
    Found.Hit<V> held = cache.near(base);
    if (held != null) {
      cache.renew(held, key, base, loader);
      return CompletableFuture.completedFuture(Optional.ofNullable(held.value()));
    }
    return cache
        .look(key, base)
        .thenCompose(
            look ->
                look.found() instanceof Found.Hit<V>
                    ? CompletableFuture.completedFuture(
                        cache.loadUnlessHit(key, base, look, loader))
                    : onExecutor(() -> cache.loadUnlessHit(key, base, look, loader)))
        .toCompletableFuture();
  }

  @Override
  public CompletableFuture<Leased<V>> getOrLease(K key) {
    String base = functions.keyOf().apply(key);
    Found.Hit<V> held = cache.near(base);
    if (held != null) {
      return CompletableFuture.completedFuture(cache.leased().hit(held));
    }
    return cache
        .look(key, base)
        .thenCompose(
            look ->
                look.found() instanceof Found.Hit<V>
                    ? CompletableFuture.completedFuture(cache.leased().after(key, base, look))
                    : onExecutor(() -> cache.leased().after(key, base, look)))
        .toCompletableFuture();
  }

  @Override
  public CompletableFuture<Optional<V>> load(K key) {
    return getOrLoad(key, cache.loader());
  }

  @Override
  public CompletableFuture<Map<K, V>> getAll(Collection<K> keys) {
    return cache.looking(keys).toCompletableFuture();
  }

  @Override
  public CompletableFuture<Map<K, V>> getAllOrLoad(Collection<K> keys, BulkLoader<K, V> loader) {
    return onExecutor(() -> cache.getAllOrLoad(keys, loader));
  }

  @Override
  public CompletableFuture<Void> put(K key, V value) {
    return putAll(Map.of(key, new Timed<>(value, cache.ttl())));
  }

  @Override
  public CompletableFuture<Void> putAll(Map<K, Timed<V>> values) {
    return cache.putting(values);
  }

  @Override
  public CompletableFuture<Boolean> evict(K key) {
    return evictAll(List.of(key));
  }

  @Override
  public CompletableFuture<Boolean> evictAll(Collection<K> keys) {
    return keys.isEmpty()
        ? CompletableFuture.completedFuture(true)
        : cache.evicting(keys).toCompletableFuture();
  }

  private <T> CompletableFuture<T> onExecutor(Supplier<T> task) {
    try {
      return CompletableFuture.supplyAsync(task, executor);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
