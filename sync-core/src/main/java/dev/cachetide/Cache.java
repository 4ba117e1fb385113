package dev.cachetide;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * A cache of values by key, in Redis and, where built so, in the process.
 *
 * <p><b>Absence.</b> An empty {@code Optional} means that there is no value; no method accepts or
 * returns null. Values that were loaded and found absent are remembered for the negative TTL.
 *
 * <p><b>Coherence.</b> Once the invalidation of a change has been acknowledged by Redis, no read
 * that begins afterwards returns a value without the change; with an L1 it may do so for the time
 * that a message takes to arrive, 2 s and the pipeline's delay at most. When writes stop, every
 * entry is absent or equal to the database. {@link #put} alone takes the caller's word for it.
 *
 * <p><b>Failure.</b> A Redis that is away, slow or not to be believed is a miss, logged and
 * counted; its errors never reach the caller. What the caller gets is what loaders throw: unchecked
 * as it is, checked inside {@link LoadFailedException}.
 *
 * <p>Safe for concurrent use. A sync method that loads does so in the caller's thread.
 */
public interface Cache<K, V> {

  /** The name it was built under. */
  String name();

  /** What is cached, without loading. */
  Optional<V> get(K key);

  /**
   * What is cached, or what the loader says, stored for the next reader.
   *
   * <p>Of the readers that miss the same key at once, in this process and in all others, one loads;
   * the others wait for its value, at most for the wait budget across processes, and then load
   * without storing.
   *
   * @throws LoadFailedException when the loader fails with a checked exception or takes too long
   */
  Optional<V> getOrLoad(K key, Loader<? super K, ? extends V> loader);

  /**
   * What is cached, or the lease of the key: {@link #getOrLoad} for callers that cannot hand their
   * load over, such as a framework that asks first, calls a method and stores its result.
   *
   * <p>On a miss it waits, for the wait budget, while somebody else loads the key, and returns that
   * value then. Otherwise the caller loads, after this has returned, and {@linkplain Leased#fill
   * fills}: the value is stored only if no eviction came in between. What a loader must keep to,
   * {@link Loader}, the caller must. Loads are neither bounded in number, nor renewed ahead, nor
   * replaced by a stale value when they fail.
   */
  Leased<V> getOrLease(K key);

  /**
   * Read-through: {@link #getOrLoad} with the loader that the cache was built with.
   *
   * @throws IllegalStateException when it was built without one
   */
  Optional<V> load(K key);

  /**
   * {@link #getOrLoadAtLeast} with the loader that the cache was built with.
   *
   * @throws IllegalStateException when it was built without one, or the client without Kafka
   */
  Optional<V> loadAtLeast(K key, String ticket, Duration limit);

  /**
   * Read-through that returns nothing older than a write-behind write, whoever made it: a value
   * that shows it, or what the loader says once the write is decided. So a service that was handed
   * a {@linkplain Receipt#ticket ticket} reads what its giver wrote. A write that was refused or
   * has lost a conflict holds nobody up.
   *
   * <p>The loader must read the primary. The key is evicted at the first read with a ticket whose
   * write is decided; later reads with it, or with an earlier one, are reads like any other.
   *
   * @param ticket of a write of the row that the key is for, or of any other that must be seen
   * @param limit how long the write may remain undecided
   * @throws NotAppliedException when it does so longer; without a running ingest it always does
   * @throws IllegalArgumentException when the text is no ticket
   * @throws IllegalStateException when the client was built without Kafka
   * @throws LoadFailedException as {@link #getOrLoad}
   */
  Optional<V> getOrLoadAtLeast(
      K key, String ticket, Duration limit, Loader<? super K, ? extends V> loader);

  /** What is cached of many, in one pipelined read; keys without a value are missing. */
  Map<K, V> getAll(Collection<K> keys);

  /**
   * What is cached of many, and the rest by one bulk load, stored for the next reader.
   *
   * @throws LoadFailedException when the loader fails with a checked exception
   */
  Map<K, V> getAllOrLoad(Collection<K> keys, BulkLoader<K, V> loader);

  /**
   * Stores a value for the cache's TTL, whatever is cached.
   *
   * <p>The caller says that the value is current: one that was read from the database may have
   * changed between that read and this call, and would then stay stale until its TTL ends or the
   * row changes again. {@link #getOrLoad} and {@link #writeThrough} have no such gap.
   */
  void put(K key, V value);

  /** The same with a TTL of its own. */
  void put(K key, V value, Duration ttl);

  /** {@link #put} of many, each with its TTL, in one pipelined round trip. */
  void putAll(Map<K, Timed<V>> values);

  /**
   * Removes what is cached, here, in Redis and in the L1 of every process that listens.
   *
   * @return whether Redis confirmed it
   */
  boolean evict(K key);

  /** The same for many, in one round trip a node. */
  boolean evictAll(Collection<K> keys);

  /**
   * Writes to the database first, then to the cache.
   *
   * <p>The key is leased before the write begins, so that readers meanwhile go to the database, and
   * the value is stored only if no eviction and no other writer came in between; otherwise the key
   * is evicted. If the write throws, the key is evicted and the exception goes to the caller.
   *
   * @param write commits a transaction and returns the row as it is now
   * @return what the write returned
   * @throws Exception what the write throws
   */
  V writeThrough(K key, Callable<V> write) throws Exception;

  /**
   * Deletes from the database first, then from the cache, in the same way.
   *
   * @throws Exception what the deletion throws
   */
  void deleteThrough(K key, Callable<?> delete) throws Exception;

  /**
   * Changes one field of a cached JSON value in place along with the database, without hiding the
   * value meanwhile. What is cached is changed only if it stood untouched from before the write to
   * after it; otherwise it is evicted.
   *
   * @param write commits the same change in the database
   * @return whether the cached value was changed in place
   * @throws Exception what the write throws
   */
  boolean updateField(K key, FieldChange change, Callable<?> write) throws Exception;

  /**
   * Another name for the values: a user's e-mail beside the id. To be called once, when the cache
   * is built.
   *
   * @param prefix what the pointers' cache keys begin with, as {@link CacheBuilder#prefix} says
   * @param aliasOf the name that a value bears
   * @param keys how a pointer, the value's key, is stored
   * @param resolver finds in the database whose name it is
   * @throws IllegalStateException when the cache was built without a loader
   */
  <A> Alias<A, V> alias(
      String prefix, Alias.Of<V, A> aliasOf, Codec<K> keys, Loader<A, K> resolver);

  /**
   * Write-behind: writes that are visible at once and reach Postgres through Kafka.
   *
   * @throws IllegalStateException when the client was built without Kafka
   */
  WriteBehind<K, V> writeBehind();

  /**
   * Loads what is missing of some keys ahead of the readers, never overwriting anything.
   *
   * @return how it went
   */
  Warming.Result warm(Iterable<K> keys, BulkLoader<K, V> loader, Warming warming);

  /** The keys that L1's frequency sketch holds for the hottest, hottest first; empty without L1. */
  List<K> hottest(int count);

  /** The same operations without blocking. */
  AsyncCache<K, V> async();

  /** The counters since the start or the last reset. */
  CacheStats stats();

  /** Sets every counter to zero. */
  void resetStats();
}
