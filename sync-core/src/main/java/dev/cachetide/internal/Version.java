package dev.cachetide.internal;

import dev.cachetide.internal.fenced.Store;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Where in Redis a cache's keys are: as they are, or behind a version pointer, {@code key@pointer}.
 *
 * <p>With a pointer, every read asks for it along with the entry under the pointer seen last, which
 * as a rule is still the one: one round trip. When the pointer was bumped readers move on at once
 * and what is under the old one expires.
 */
sealed interface Version {

  /** Reads a key where it is now. */
  CompletionStage<At> read(String base, Store store);

  /** Where keys are now. */
  CompletionStage<List<String>> places(List<String> bases);

  /** The version of a name; null for none. */
  static Version of(@Nullable String name, Stamps pointers, Guard guard) {
    return name == null ? new Fixed(guard) : new Pointer(name, pointers, guard);
  }

  /** What stands where. */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record At(String at, byte @Nullable [] bytes) {}

  /** No version. */
  record Fixed(Guard guard) implements Version {

    @Override
    public CompletionStage<At> read(String base, Store store) {
      return guard.send(() -> store.read(base)).thenApply(bytes -> new At(base, bytes));
    }

    @Override
    public CompletionStage<List<String>> places(List<String> bases) {
      return CompletableFuture.completedFuture(bases);
    }
  }

  /** A pointer in Redis. */
  final class Pointer implements Version {

    private final String name;
    private final Stamps pointers;
    private final Guard guard;
    private volatile String seen = "";

    Pointer(String name, Stamps pointers, Guard guard) {
      this.name = name;
      this.pointers = pointers;
      this.guard = guard;
    }

    @Override
    public CompletionStage<At> read(String base, Store store) {
      String guess = seen;
      return guard
          .send(() -> store.readAll(List.of(pointers.key(name), place(base, guess))))
          .thenCompose(
              found ->
                  current(found.get(0))
                      .thenCompose(
                          now ->
                              now.equals(guess)
                                  ? CompletableFuture.completedFuture(
                                      new At(place(base, now), found.get(1)))
                                  : reread(place(base, now), store)));
    }

    private CompletionStage<At> reread(String at, Store store) {
      return guard.send(() -> store.read(at)).thenApply(bytes -> new At(at, bytes));
    }

    @Override
    public CompletionStage<List<String>> places(List<String> bases) {
      return guard
          .send(() -> pointers.read(List.of(name)))
          .thenApply(
              now -> {
                String pointer = now.getOrDefault(name, "");
                seen = pointer;
                return bases.stream().map(base -> place(base, pointer)).toList();
              });
    }

    private CompletionStage<String> current(byte @Nullable [] found) {
      return pointers
          .orMade(name, found)
          .thenApply(
              now -> {
                seen = now;
                return now;
              });
    }

    private static String place(String base, String pointer) {
      return base + "@" + pointer;
    }
  }
}
