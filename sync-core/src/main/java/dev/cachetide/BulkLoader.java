package dev.cachetide;

import java.util.Collection;
import java.util.Map;

/** Reads many values at once; the same is asked of it as of a {@link Loader}. */
@FunctionalInterface
public interface BulkLoader<K, V> {

  /**
   * The values by key; a key that is missing from the answer has no value.
   *
   * @throws Exception anything; it reaches the caller
   */
  Map<K, V> loadAll(Collection<K> keys) throws Exception;
}
