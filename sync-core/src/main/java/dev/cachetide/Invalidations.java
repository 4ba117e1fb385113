package dev.cachetide;

import dev.cachetide.wire.Invalidation;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Evictions beyond single keys, and their events. With a pipeline every eviction here is also told
 * to the L1 of all processes.
 */
public interface Invalidations {

  /**
   * Evicts now: Redis first, then the L1s.
   *
   * <p>A key leaves; a tag or version is made old, so that its entries are misses at once and
   * expire in time; a pattern is found by SCAN of every primary and removed by UNLINK.
   *
   * @return completes when Redis has confirmed, exceptionally when it does not answer
   */
  CompletableFuture<Void> evict(Invalidation what);

  /**
   * Asks the workers to evict, through Kafka: the request survives a Redis that is away.
   *
   * @return completes when Kafka has accepted it
   * @throws IllegalStateException when the client was built without Kafka
   */
  CompletableFuture<Void> request(Invalidation what);

  /**
   * Listens to everything that leaves, by workers and applications, from now on; what this client
   * evicts may be told twice.
   *
   * @param listener must not block; is told {@link Invalidation.All} when something may have been
   *     missed
   * @return closing it ends the listening
   * @throws IllegalStateException when the client was built without a pipeline
   */
  AutoCloseable listen(Consumer<Invalidation> listener);
}
