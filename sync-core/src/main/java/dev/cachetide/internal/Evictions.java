package dev.cachetide.internal;

import dev.cachetide.internal.StatsCounter.Count;
import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.internal.fenced.Store;
import dev.cachetide.wire.Invalidation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Evictions that the application asks for: Redis first, then the L1 of this process, then word to
 * the others. In this order no L1 can take the old value up again.
 */
final class Evictions<K, V> {

  private final Reads<V> reads;
  private final Ground ground;
  private final Store store;
  private final Near<K, V> near;
  private final Consumer<Invalidation> word;

  /**
   * @param word tells the L1 of other processes; must not throw
   */
  Evictions(
      Reads<V> reads, Ground ground, Store store, Near<K, V> near, Consumer<Invalidation> word) {
    this.reads = reads;
    this.ground = ground;
    this.store = store;
    this.near = near;
    this.word = word;
  }

  /** Whether Redis confirmed; never fails. */
  CompletionStage<Boolean> evict(Collection<String> bases) {
    List<String> all = List.copyOf(bases);
    ground.stats().add(Count.DELETE, all.size());
    return reads
        .places(all)
        .thenCompose(places -> ground.guard().insist(() -> store.evict(places)))
        .handle(
            (removed, failure) -> {
              changed(all);
              return failure == null;
            });
  }

  /** The entries of some keys are others now. */
  void changed(Collection<String> bases) {
    for (String base : new ArrayList<>(bases)) {
      near.drop(base);
      word.accept(new Invalidation.Key(base));
    }
  }

  /** Evicts unless a dirty entry is spared, and waits. */
  boolean evictNow(String base, Spared spared) {
    ground.stats().add(Count.DELETE, 1);
    CompletableFuture<Boolean> evicted =
        reads
            .places(List.of(base))
            .thenCompose(places -> ground.guard().insist(() -> store.evict(places.get(0), spared)))
            .handle(
                (removed, failure) -> {
                  changed(List.of(base));
                  return failure == null;
                })
            .toCompletableFuture();
    return ground.guard().await(evicted).isTrue();
  }

  /** Evicts and waits. */
  boolean evictNow(Collection<String> bases) {
    if (bases.isEmpty()) {
      return true;
    }
    CompletableFuture<Boolean> evicted = evict(bases).toCompletableFuture();
    return ground.guard().await(evicted).isTrue();
  }
}
