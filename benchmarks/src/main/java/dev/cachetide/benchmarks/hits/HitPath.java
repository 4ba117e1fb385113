package dev.cachetide.benchmarks.hits;

import org.jspecify.annotations.Nullable;

/** One way to a product that is cached under its id. Safe for use by many threads. */
interface HitPath extends AutoCloseable {

  void put(Product product);

  /** As an application would read it; null when the cache has nothing. */
  @Nullable Product get(long id);

  /** Disconnects; the entries stay. */
  @Override
  void close();
}
