package dev.cachetide.invalidation;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.Readiness;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Collections;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How old the youngest heartbeat of ingest is that has come all the way: committed in Postgres,
 * read from the slot, let through by the gate, published, handed to a worker's loop, and written to
 * Redis by the connection that evicts. While anything on this way stands still its age grows, work
 * or no work, which no counter and no lag of one part can tell.
 *
 * <p>One worker owns the heartbeats' partition and writes; every worker reads what is in Redis, so
 * that all of them know. The way through the other partitions is not measured: those are told of by
 * their lag. Of a cluster one node is written to.
 *
 * <p>It never holds an eviction up: a Redis that takes evictions and refuses this key leaves the
 * canary old, and nothing more.
 *
 * <p>{@link #through} and {@link #look} belong to the loop's thread; the rest is safe for any.
 */
final class Canary {

  private static final Logger log = LoggerFactory.getLogger(Canary.class);
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Store redis;
  private final String key;
  private final Duration limit;
  private final InvalidationMeters meters;
  private final InstantSource clock;
  private final LongSupplier nanoTime;

  /** When the youngest was committed; until one is known, when this began to wait for it. */
  private volatile Instant youngest;

  private volatile boolean known;
  private boolean failing;
  private long lookDueNanos;

  /**
   * @param key where it is written
   * @param limit how old the youngest may be
   */
  Canary(
      Store redis,
      String key,
      Duration limit,
      InvalidationMeters meters,
      InstantSource clock,
      LongSupplier nanoTime) {
    this.redis = redis;
    this.key = key;
    this.limit = limit;
    this.meters = meters;
    this.clock = clock;
    this.nanoTime = nanoTime;
    youngest = clock.instant();
    lookDueNanos = nanoTime.getAsLong();
  }

  /** Heartbeats whose batch is done: the youngest is written, and Redis has answered. */
  void through(Collection<Long> committedMicros) {
    if (committedMicros.isEmpty()) {
      return;
    }
    long last = Collections.max(committedMicros);
    if (attempt(() -> redis.put(key, Long.toString(last)))) {
      Instant now = clock.instant();
      committedMicros.forEach(micros -> meters.canaryCame(between(instant(micros), now)));
      lookDueNanos = nanoTime.getAsLong();
      look();
    }
  }

  /** Reads what is in Redis, about once a second. */
  void look() {
    if (nanoTime.getAsLong() - lookDueNanos < 0) {
      return;
    }
    lookDueNanos = nanoTime.getAsLong() + LOOK_NANOS;
    boolean read = attempt(() -> read(redis.get(key)));
    log.atTrace().addKeyValue("read", read).log("looked for the canary");
  }

  /** A key that is gone tells nothing: the next heartbeat puts it there again. */
  private void read(@Nullable String value) {
    if (value != null && value.matches("[0-9]{1,18}")) {
      youngest = instant(Long.parseLong(value));
      known = true;
    }
  }

  private boolean attempt(RedisFailures.Attempt attempt) {
    Outcome failure = RedisFailures.attempt(attempt);
    if (failure != null && !failing) {
      Throwable cause =
          failure instanceof Outcome.Fatal fatal
              ? fatal.cause()
              : ((Outcome.Transient) failure).cause();
      log.atWarn().setCause(cause).log("Redis does not take or tell the canary");
    }
    failing = failure != null;
    return failure == null;
  }

  /** By two clocks, so never negative. Grows from the beginning on while none is known. */
  Duration age() {
    return between(youngest, clock.instant());
  }

  /** Whether it is younger than its limit. */
  Readiness readiness() {
    if (age().compareTo(limit) <= 0) {
      return known ? Readiness.yes() : Readiness.yes("no heartbeat of ingest has come yet");
    }
    String bound =
        limit.toMillis() % 1_000 == 0 ? limit.toSeconds() + " s" : limit.toMillis() + " ms";
    return Readiness.no("no heartbeat of ingest has come through to Redis for " + bound);
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  private static Duration between(Instant from, Instant to) {
    Duration between = Duration.between(from, to);
    return between.isNegative() ? Duration.ZERO : between;
  }

  /** Redis, as this class needs it. */
  interface Store {
    /** Returns once Redis has answered. */
    void put(String key, String value)
        throws ExecutionException, TimeoutException, InterruptedException;

    /** Null when there is none. */
    @Nullable String get(String key)
        throws ExecutionException, TimeoutException, InterruptedException;
  }
}
