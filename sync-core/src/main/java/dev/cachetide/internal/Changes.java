package dev.cachetide.internal;

import dev.cachetide.FieldChange;
import dev.cachetide.internal.Found.Look;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Changes of values by key, whose other names go and come along. */
final class Changes<K, V> {

  private final CacheParts<K, V> parts;
  private final Functions<K, V> functions;
  private final Guard guard;

  Changes(CacheParts<K, V> parts) {
    this.parts = parts;
    functions = parts.functions();
    guard = parts.ground().guard();
  }

  V writeThrough(K key, Callable<V> write) throws Exception {
    List<V> before = named(key);
    V value = parts.writes().through(key, write, written -> written);
    // first away with the old name, which as a rule is the new one too
    guard.await(functions.aliases().left(before));
    guard.await(functions.aliases().stored(key, value));
    return value;
  }

  void deleteThrough(K key, Callable<?> delete) throws Exception {
    List<V> before = named(key);
    parts.writes().<@Nullable Object>through(key, delete::call, nothing -> null);
    guard.await(functions.aliases().left(before));
  }

  /** The name that the field's change gives the value is left to the caller. */
  boolean updateField(K key, FieldChange change, Callable<?> write) throws Exception {
    List<V> before = named(key);
    boolean kept = parts.writes().updateField(key, change, write);
    guard.await(functions.aliases().left(before));
    return kept;
  }

  /** Whether Redis confirmed; never fails. */
  CompletionStage<Boolean> evict(Collection<K> keys) {
    List<String> bases = keys.stream().map(functions.keyOf()).toList();
    if (functions.aliases().none()) {
      return parts.evictions().evict(bases);
    }
    return cached(bases)
        .thenCompose(
            before ->
                parts
                    .evictions()
                    .evict(bases)
                    .thenCombine(
                        functions.aliases().left(before), (confirmed, forgotten) -> confirmed));
  }

  /** The values that stand in Redis, for their names; neither counted nor kept. Never fails. */
  private CompletionStage<List<V>> cached(List<String> bases) {
    return parts
        .reads()
        .lookAll(bases)
        .thenApply(
            looks -> {
              List<V> values = new ArrayList<>();
              for (Look<V> look : looks) {
                if (look.found() instanceof Found.Hit<V> hit && hit.value() != null) {
                  values.add(hit.value());
                } else if (look.found() instanceof Found.Expired<V> expired) {
                  values.add(expired.value());
                }
              }
              return values;
            });
  }

  private List<V> named(K key) {
    if (functions.aliases().none()) {
      return List.of();
    }
    List<V> values = guard.await(cached(List.of(functions.keyOf().apply(key)))).value();
    return values == null ? List.of() : values;
  }
}
