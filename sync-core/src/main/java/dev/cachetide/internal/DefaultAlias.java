package dev.cachetide.internal;

import dev.cachetide.Alias;
import dev.cachetide.AsyncCache;
import dev.cachetide.Cache;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Pointers in a cache of their own, each checked against the value that it leads to. */
final class DefaultAlias<A, K, V> implements Alias<A, V> {

  private static final int ROUNDS = 3;

  private final Cache<K, V> cache;
  private final Cache<A, K> pointers;
  private final AsyncCache<A, K> pointing;
  private final Of<V, A> aliasOf;

  /**
   * An alias.
   *
   * @param cache of the values, with a loader
   * @param pointers with the resolver as its loader
   */
  DefaultAlias(Cache<K, V> cache, Cache<A, K> pointers, Of<V, A> aliasOf) {
    this.cache = cache;
    this.pointers = pointers;
    this.aliasOf = aliasOf;
    pointing = pointers.async();
  }

  @Override
  public Optional<V> get(A alias) {
    for (int round = 1; round <= ROUNDS; round++) {
      Optional<K> key = pointers.load(alias);
      if (key.isEmpty()) {
        return Optional.empty();
      }
      Optional<V> value = cache.load(key.get());
      if (value.isPresent() && alias.equals(aliasOf.of(value.get()))) {
        return value;
      }
      pointers.evict(alias);
      if (round > 1) {
        // the pointer is fresh, so it may be the value that is behind
        cache.evict(key.get());
      }
    }
    // it moves faster than it can be followed, so at some moment of this call nobody bore it
    return Optional.empty();
  }

  @Override
  public boolean evict(A alias) {
    return pointers.evict(alias);
  }

  @Override
  public Cache<A, ?> pointers() {
    return pointers;
  }

  /** Points the value's name to its key; never fails. */
  CompletableFuture<?> point(V value, K key) {
    A alias = aliasOf.of(value);
    return alias == null ? CompletableFuture.completedFuture(null) : pointing.put(alias, key);
  }

  /** Takes the name away that a value bore; never fails. */
  CompletableFuture<?> forget(V before) {
    A alias = aliasOf.of(before);
    return alias == null ? CompletableFuture.completedFuture(null) : pointing.evict(alias);
  }
}
