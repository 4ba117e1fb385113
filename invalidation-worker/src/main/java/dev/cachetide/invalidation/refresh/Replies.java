package dev.cachetide.invalidation.refresh;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Waits for answers that were asked for together; every one is read, and the first failure thrown.
 */
record Replies(Duration timeout) {

  <T extends @Nullable Object> List<T> await(
      Collection<? extends CompletionStage<? extends T>> sent)
      throws ExecutionException, TimeoutException, InterruptedException {
    List<T> answers = new ArrayList<>(sent.size());
    long end = System.nanoTime() + timeout.toNanos();
    for (CompletionStage<? extends T> each : sent) {
      answers.add(
          each.toCompletableFuture()
              .get(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS));
    }
    return answers;
  }
}
