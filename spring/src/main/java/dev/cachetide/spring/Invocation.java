package dev.cachetide.spring;

import dev.cachetide.Leased;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.cache.Cache.ValueWrapper;

/**
 * One call of a method with cache annotations, and the leases that its reads have taken. What is
 * put while this call is {@linkplain #current current} is stored by the lease that the same call
 * took for the same key before the method was called; that is what makes a get and a later put one
 * fenced read.
 *
 * <p>It is current while Spring's interceptor is at work for it, and not while the method's own
 * body is: a put that the body makes by hand is none of this call's reads. For a method that
 * returns a {@code CompletableFuture} it becomes current again on the thread that completes it.
 *
 * <p>It ends when neither the interceptor nor a future holds it any longer. Leases that nothing was
 * put for, because the method has thrown or {@code unless} said so, are then given back, so that
 * the next reader need not wait for them to run out.
 */
final class Invocation {

  private static final ThreadLocal<@Nullable Bound> BOUND = new ThreadLocal<>();

  private final @Nullable Invocation outer;
  private final Map<At, Leased<Object>> reads = new ConcurrentHashMap<>();
  private final AtomicInteger holds = new AtomicInteger(1);

  private Invocation(@Nullable Invocation outer) {
    this.outer = outer;
  }

  /** A call that begins on this thread, held once. */
  static Invocation begin() {
    Bound bound = BOUND.get();
    return new Invocation(bound == null ? null : bound.invocation());
  }

  /** The call that Spring's interceptor is at work for on this thread. */
  static @Nullable Invocation current() {
    Bound bound = BOUND.get();
    return bound == null || bound.inBody() ? null : bound.invocation();
  }

  /** Does something for this call, inside or outside of the method's body. */
  @Nullable Object within(boolean inBody, Work work) throws Throwable {
    Bound before = bind(new Bound(this, inBody));
    try {
      return work.run();
    } finally {
      bind(before);
    }
  }

  private static @Nullable Bound bind(@Nullable Bound now) {
    Bound before = BOUND.get();
    if (now == null) {
      BOUND.remove();
    } else {
      BOUND.set(now);
    }
    return before;
  }

  /** A read of this call; a miss is kept for the put. */
  Leased<Object> read(FencedCache cache, Object key, Supplier<Leased<Object>> read) {
    At at = new At(cache, key);
    Leased<Object> known = reads.get(at);
    if (known != null) {
      return known;
    }
    // a call that waits for the lease of a call around it would wait for itself
    Leased<Object> now = isReadAround(at) ? Declined.MISS : read.get();
    return keep(at, now);
  }

  private boolean isReadAround(At at) {
    for (Invocation each = outer; each != null; each = each.outer) {
      if (each.reads.containsKey(at)) {
        return true;
      }
    }
    return false;
  }

  /** A miss that is not to be filled. */
  void decline(FencedCache cache, Object key) {
    reads.putIfAbsent(new At(cache, key), Declined.MISS);
  }

  private Leased<Object> keep(At at, Leased<Object> read) {
    if (!read.hit()) {
      reads.put(at, read);
    }
    return read;
  }

  /** The miss that a put belongs to, once; null when this call has not missed the key. */
  @Nullable Leased<Object> take(FencedCache cache, Object key) {
    return reads.remove(new At(cache, key));
  }

  /**
   * A read whose answer may come later, on another thread, and is then acted upon for this call.
   */
  CompletableFuture<@Nullable ValueWrapper> readLater(
      FencedCache cache, Object key, Supplier<CompletableFuture<Leased<Object>>> read) {
    At at = new At(cache, key);
    if (reads.containsKey(at) || isReadAround(at)) {
      decline(cache, key);
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<@Nullable ValueWrapper> reading =
        read.get()
            // nobody could be asked to look: a miss, as when Redis is away
            .exceptionally(failure -> Declined.MISS)
            .thenApply(now -> FencedCache.wrapped(keep(at, now)));
    return reading.isDone() ? reading : continued(reading);
  }

  /** A future whose dependents run for this call, whichever thread completes it. */
  <T extends @Nullable Object> CompletableFuture<T> continued(CompletableFuture<T> future) {
    holds.incrementAndGet();
    CompletableFuture<T> continued = new CompletableFuture<>();
    var unused =
        future.whenComplete(
            (value, failure) -> {
              try {
                resume(continued, value, failure);
              } finally {
                release();
              }
            });
    return continued;
  }

  private <T extends @Nullable Object> void resume(
      CompletableFuture<T> continued, T value, @Nullable Throwable failure) {
    Bound before = bind(new Bound(this, false));
    try {
      if (failure == null) {
        continued.complete(value);
      } else {
        continued.completeExceptionally(failure);
      }
    } finally {
      bind(before);
    }
  }

  /** Lets go; the last one gives back what was not used. */
  void release() {
    if (holds.decrementAndGet() == 0) {
      reads.values().forEach(Leased::close);
      reads.clear();
    }
  }

  /** What is done for a call. */
  @FunctionalInterface
  interface Work {
    @Nullable Object run() throws Throwable;
  }

  private record At(FencedCache cache, Object key) {}

  private record Bound(Invocation invocation, boolean inBody) {}

  /** A miss without permission to fill. */
  private enum Declined implements Leased<Object> {
    MISS;

    @Override
    public boolean hit() {
      return false;
    }

    @Override
    public Optional<Object> value() {
      return Optional.empty();
    }

    @Override
    public boolean fill(@Nullable Object value) {
      return false;
    }

    @Override
    public void close() {}
  }
}
