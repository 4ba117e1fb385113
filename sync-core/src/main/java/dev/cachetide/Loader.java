package dev.cachetide;

import org.jspecify.annotations.Nullable;

/**
 * Reads one value from where it truly is, as a rule from Postgres.
 *
 * <p>It must read on the primary, in a snapshot that begins after the call: a statement of its own
 * in autocommit or READ COMMITTED, never a transaction that began earlier at REPEATABLE READ or
 * above, and never one that has written. Where replicas are read, list them in the gate. It must
 * not read its own key through the cache: it would wait for itself until the load times out.
 */
@FunctionalInterface
public interface Loader<K, V> {

  /**
   * The value, or null when there is none, which is remembered too.
   *
   * @throws Exception anything; it reaches the caller, unless a stale value within the grace can be
   *     served instead
   */
  @Nullable V load(K key) throws Exception;
}
