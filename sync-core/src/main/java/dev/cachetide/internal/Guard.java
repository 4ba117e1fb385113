package dev.cachetide.internal;

import dev.cachetide.internal.StatsCounter.Count;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Around every command to Redis: the breaker, the count of errors, and a log line for them, at most
 * one every 10 s. Failures become values here; nothing beyond throws for Redis.
 */
public final class Guard {

  private static final Logger log = LoggerFactory.getLogger(Guard.class);
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Breaker breaker;
  private final StatsCounter stats;
  private final LongSupplier nanoTime;
  private final Duration patience;
  private final String cache;
  private final AtomicLong quietUntil;

  /**
   * A guard of one cache.
   *
   * @param timeout of a command, which Redis's client enforces; waiting here is bounded by twice
   *     that, should it fail to
   */
  public Guard(
      String cache, Breaker breaker, StatsCounter stats, LongSupplier nanoTime, Duration timeout) {
    this.cache = cache;
    this.breaker = breaker;
    this.stats = stats;
    this.nanoTime = nanoTime;
    patience = timeout.multipliedBy(2);
    quietUntil = new AtomicLong(nanoTime.getAsLong());
  }

  /** Sends a command; the stage fails when it was not answered, or not sent. */
  <T extends @Nullable Object> CompletionStage<T> send(Supplier<CompletionStage<T>> command) {
    return breaker.allows()
        ? sent(command, breaker)
        : CompletableFuture.failedFuture(new NotAsked());
  }

  /**
   * Sends a command though the breaker be open. For evictions: a read that is not sent is a miss,
   * but an eviction that is not sent leaves a value that will be served when Redis is well again.
   */
  <T extends @Nullable Object> CompletionStage<T> insist(Supplier<CompletionStage<T>> command) {
    return sent(command, breaker.allows() ? breaker : Breaker.always());
  }

  private <T extends @Nullable Object> CompletionStage<T> sent(
      Supplier<CompletionStage<T>> command, Breaker told) {
    long start = nanoTime.getAsLong();
    CompletionStage<T> answer;
    try {
      answer = command.get();
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    return answer.whenComplete((value, failure) -> ended(start, failure, told));
  }

  private void ended(long start, @Nullable Throwable failure, Breaker told) {
    long nanos = nanoTime.getAsLong() - start;
    if (failure == null) {
      told.succeeded(nanos);
      return;
    }
    told.failed(nanos, failure);
    stats.add(Count.ERROR);
    long quiet = quietUntil.get();
    long now = nanoTime.getAsLong();
    if (now - quiet >= 0 && quietUntil.compareAndSet(quiet, now + QUIET_NANOS)) {
      log.atWarn()
          .addKeyValue("cache", cache)
          .addKeyValue("failure", failure.getClass().getSimpleName())
          .log("Redis does not answer; reads fall back to the loader");
    }
  }

  /**
   * Sends a command and waits for the answer.
   *
   * @return {@link Answer#failed} when there is none
   */
  <T extends @Nullable Object> Answer<T> ask(Supplier<CompletionStage<T>> command) {
    return await(send(command));
  }

  /** Waits for what was sent. */
  <T extends @Nullable Object> Answer<T> await(CompletionStage<T> sent) {
    try {
      return new Answer<>(
          true, sent.toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS));
    } catch (ExecutionException | TimeoutException e) {
      // counted and logged when the command ended; for the caller it is a miss
      return Answer.none();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Answer.none();
    }
  }

  /**
   * What Redis said.
   *
   * @param value only meaningful when answered
   */
  record Answer<T extends @Nullable Object>(boolean answered, @Nullable T value) {

    static <T extends @Nullable Object> Answer<T> none() {
      return new Answer<>(false, null);
    }

    /** Whether Redis answered with true. */
    boolean isTrue() {
      return answered && Boolean.TRUE.equals(value);
    }
  }

  /** The breaker is open. */
  static final class NotAsked extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotAsked() {
      super("the breaker around Redis is open", null, false, false);
    }
  }
}
