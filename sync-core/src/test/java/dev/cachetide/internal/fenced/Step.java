package dev.cachetide.internal.fenced;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One operation of a schedule.
 *
 * @param expected the model's reply
 * @param then what the actor does with the real one
 */
record Step(
    String what,
    Supplier<CompletionStage<?>> send,
    @Nullable Object expected,
    Consumer<@Nullable Object> then) {

  /** One that Redis does not hear of. */
  static Step local(String what) {
    return new Step(what, () -> CompletableFuture.completedFuture(null), null, nothing -> {});
  }
}
