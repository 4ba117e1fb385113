package dev.cachetide.internal;

import dev.cachetide.Timed;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The other names that a cache's values are found by. Pointers follow the values: what is stored
 * points its names to its key, what has changed takes the names away that it had before.
 *
 * <p>Nothing here has to be exact. A pointer is believed only if the value that it leads to bears
 * the name, so one too many costs a load; one too few is resolved anew.
 */
public final class Aliases<K, V> {

  private final List<DefaultAlias<?, K, V>> all = new CopyOnWriteArrayList<>();

  /** A cache without other names. */
  public Aliases() {}

  void add(DefaultAlias<?, K, V> alias) {
    all.add(alias);
  }

  boolean none() {
    return all.isEmpty();
  }

  /** A loaded value was stored: nobody waits for its pointers. */
  void loaded(K key, @Nullable V value) {
    if (value != null) {
      var unused = stored(key, value);
    }
  }

  /** A value was stored; never fails. */
  CompletionStage<@Nullable Void> stored(K key, V value) {
    return together(all.stream().map(alias -> alias.point(value, key)).toList());
  }

  /** Values were put. */
  CompletionStage<@Nullable Void> put(Map<K, Timed<V>> values) {
    return none()
        ? CompletableFuture.completedFuture(null)
        : together(
            values.entrySet().stream()
                .map(each -> stored(each.getKey(), each.getValue().value()).toCompletableFuture())
                .toList());
  }

  /** Some values are no longer what they were; never fails. */
  CompletionStage<@Nullable Void> left(List<V> before) {
    return together(all.stream().flatMap(alias -> before.stream().map(alias::forget)).toList());
  }

  private static CompletionStage<@Nullable Void> together(
      List<? extends CompletableFuture<?>> all) {
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
  }
}
