package dev.cachetide.spring;

import dev.cachetide.CacheBuilder;

/** A bean that has its say in how each cache is built, after the properties. */
@FunctionalInterface
public interface CachetideCacheCustomizer {

  /**
   * Changes what the properties said. The key function is theirs and must stay.
   *
   * @param name of the cache
   * @param builder for tags, limits, leases, refresh-ahead and so on
   */
  void customize(String name, CacheBuilder<Object, Object> builder);
}
