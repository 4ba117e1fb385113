package dev.cachetide;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A {@link Cache} whose methods do not block. A read that Redis answers completes on a thread of
 * Redis's client: continue with an {@code …Async} stage if there is anything to do that takes time.
 * Loaders run on the client's executor.
 */
public interface AsyncCache<K, V> {

  /** {@link Cache#get}. */
  CompletableFuture<Optional<V>> get(K key);

  /** {@link Cache#getOrLoad}; completes exceptionally with what it would throw. */
  CompletableFuture<Optional<V>> getOrLoad(K key, Loader<? super K, ? extends V> loader);

  /** {@link Cache#getOrLease}; what it returns may block in {@code fill} and {@code close}. */
  CompletableFuture<Leased<V>> getOrLease(K key);

  /** {@link Cache#load}. */
  CompletableFuture<Optional<V>> load(K key);

  /** {@link Cache#getAll}. */
  CompletableFuture<Map<K, V>> getAll(Collection<K> keys);

  /** {@link Cache#getAllOrLoad}. */
  CompletableFuture<Map<K, V>> getAllOrLoad(Collection<K> keys, BulkLoader<K, V> loader);

  /** {@link Cache#put(Object, Object)}. */
  CompletableFuture<Void> put(K key, V value);

  /** {@link Cache#putAll}. */
  CompletableFuture<Void> putAll(Map<K, Timed<V>> values);

  /** {@link Cache#evict}. */
  CompletableFuture<Boolean> evict(K key);

  /** {@link Cache#evictAll}. */
  CompletableFuture<Boolean> evictAll(Collection<K> keys);
}
