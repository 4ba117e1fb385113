package dev.cachetide.spring;

import dev.cachetide.Cachetide;
import dev.cachetide.Leased;
import dev.cachetide.spring.CachetideProperties.Put;
import dev.cachetide.wire.Invalidation;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.cache.Cache;
import org.springframework.cache.support.SimpleValueWrapper;

/**
 * A cache of {@link CachetideCacheManager}, which says what its operations mean.
 *
 * <p>Reads inside an {@link Invocation} that miss take the key's lease, and the invocation's put
 * fills by it. A put without such a read has no lease that could tell whether the value is still
 * current, so it evicts, unless the cache is told to take the caller's word. Reads outside of an
 * invocation look and take nothing.
 */
final class FencedCache implements Cache {

  private static final Duration CLEAR_LIMIT = Duration.ofSeconds(30);

  private final dev.cachetide.Cache<Object, Object> cache;
  private final CacheKeys keys;
  private final Put puts;
  private final Cachetide client;
  private final boolean repeated;
  private final Notes notes;

  /**
   * A cache.
   *
   * @param repeated whether a pipeline evicts what has changed as well, so that an eviction that
   *     Redis did not confirm is made up for
   */
  FencedCache(
      dev.cachetide.Cache<Object, Object> cache,
      CacheKeys keys,
      Put puts,
      Cachetide client,
      boolean repeated) {
    this.cache = cache;
    this.keys = keys;
    this.puts = puts;
    this.client = client;
    this.repeated = repeated;
    notes = new Notes(cache.name());
  }

  @Override
  public String getName() {
    return cache.name();
  }

  /** A {@link dev.cachetide.Cache} of {@code Object} by {@code Object}. */
  @Override
  public dev.cachetide.Cache<Object, Object> getNativeCache() {
    return cache;
  }

  @Override
  public @Nullable ValueWrapper get(Object key) {
    Invocation invocation = Invocation.current();
    if (invocation == null) {
      return looked(cache.get(key));
    }
    if (!Transactions.mayStore()) {
      invocation.decline(this, key);
      return looked(only(key));
    }
    return wrapped(invocation.read(this, key, () -> cache.getOrLease(key)));
  }

  /** In a transaction whose loads are not stored. */
  private Optional<Object> only(Object key) {
    Optional<Object> found = cache.get(key);
    if (found.isEmpty()) {
      notes.loadedInTransaction();
    }
    return found;
  }

  private static @Nullable ValueWrapper looked(Optional<Object> value) {
    return value.map(SimpleValueWrapper::new).orElse(null);
  }

  static @Nullable ValueWrapper wrapped(Leased<Object> read) {
    return read.hit() ? new SimpleValueWrapper(read.value().orElse(null)) : null;
  }

  @Override
  public <T> @Nullable T get(Object key, @Nullable Class<T> type) {
    ValueWrapper found = get(key);
    Object value = found == null ? null : found.get();
    if (value != null && type != null && !type.isInstance(value)) {
      throw new IllegalStateException(
          "cache "
              + getName()
              + " holds a "
              + value.getClass().getName()
              + ", no "
              + type.getName());
    }
    return typed(value);
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // as Spring's interface has it
  private static <T> @Nullable T typed(@Nullable Object value) {
    return (T) value;
  }

  @Override
  public <T> @Nullable T get(Object key, Callable<T> loader) {
    try {
      if (!Transactions.mayStore()) {
        Optional<Object> found = only(key);
        return found.isPresent() ? typed(found.get()) : loader.call();
      }
      return typed(cache.getOrLoad(key, absent -> loader.call()).orElse(null));
    } catch (dev.cachetide.LoadFailedException e) {
      throw new ValueRetrievalException(key, loader, e.getCause() == null ? e : e.getCause());
    } catch (Exception e) {
      throw new ValueRetrievalException(key, loader, e);
    }
  }

  @Override
  public CompletableFuture<?> retrieve(Object key) {
    Invocation invocation = Invocation.current();
    if (invocation != null && Transactions.mayStore()) {
      return invocation.readLater(this, key, () -> cache.async().getOrLease(key));
    }
    if (invocation != null) {
      invocation.decline(this, key);
    }
    CompletableFuture<@Nullable ValueWrapper> looked =
        cache.async().get(key).thenApply(FencedCache::looked);
    return invocation == null ? looked : invocation.continued(looked);
  }

  @Override
  public <T> CompletableFuture<T> retrieve(Object key, Supplier<CompletableFuture<T>> loader) {
    if (!Transactions.mayStore()) {
      Optional<Object> found = only(key);
      return found.isPresent() ? completed(found.get()) : loader.get();
    }
    return cache
        .async()
        .getOrLease(key)
        .thenCompose(
            read -> read.hit() ? completed(read.value().orElse(null)) : filled(read, loader));
  }

  private static <T> CompletableFuture<T> completed(@Nullable Object value) {
    CompletableFuture<T> future = new CompletableFuture<>();
    future.complete(FencedCache.<T>typed(value));
    return future;
  }

  private static <T> CompletableFuture<T> filled(
      Leased<Object> read, Supplier<CompletableFuture<T>> loader) {
    CompletableFuture<T> loading;
    try {
      loading = loader.get();
    } catch (RuntimeException | Error e) {
      read.close();
      throw e;
    }
    return loading.whenComplete(
        (value, failure) -> {
          try (read) {
            if (failure == null) {
              read.fill(value);
            }
          }
        });
  }

  @Override
  public void put(Object key, @Nullable Object value) {
    Invocation invocation = Invocation.current();
    Leased<Object> read = invocation == null ? null : invocation.take(this, key);
    if (read != null) {
      read.fill(value);
    } else if (puts == Put.STORE && value != null) {
      cache.put(key, value);
    } else {
      notes.putEvicts();
      evict(key);
    }
  }

  /** Null also when nothing was stored because puts evict. */
  @Override
  public @Nullable ValueWrapper putIfAbsent(Object key, @Nullable Object value) {
    Optional<Object> found = cache.get(key);
    if (found.isPresent() || puts == Put.EVICT) {
      return looked(found);
    }
    boolean[] mine = new boolean[1];
    Optional<Object> now =
        cache.getOrLoad(
            key,
            absent -> {
              mine[0] = true;
              return value;
            });
    return mine[0] ? null : new SimpleValueWrapper(now.orElse(null));
  }

  @Override
  public void evict(Object key) {
    Transactions.evicting(
        () -> {
          if (!cache.evict(key) && !repeated) {
            throw unconfirmed("a key", null);
          }
        });
  }

  @Override
  public boolean evictIfPresent(Object key) {
    evict(key);
    return true;
  }

  /** Every key that the template can name leaves, by a SCAN of Redis. */
  @Override
  public void clear() {
    Transactions.evicting(this::clearNow);
  }

  private void clearNow() {
    try {
      client
          .invalidations()
          .evict(new Invalidation.Pattern(keys.pattern()))
          .get(CLEAR_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw unconfirmed("all keys", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unconfirmed("all keys", e);
    }
  }

  @Override
  public boolean invalidate() {
    clear();
    return true;
  }

  private IllegalStateException unconfirmed(String what, @Nullable Exception cause) {
    return new IllegalStateException(
        "cache "
            + getName()
            + ": Redis did not confirm the eviction of "
            + what
            + ", which may stay until its TTL",
        cause);
  }
}
