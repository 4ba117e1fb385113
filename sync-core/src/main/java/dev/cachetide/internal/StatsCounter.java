package dev.cachetide.internal;

import dev.cachetide.CacheStats;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** The counters of one cache. Safe for concurrent use. */
public final class StatsCounter {

  private final Map<Count, LongAdder> counts = new EnumMap<>(Count.class);
  private final LongAdder loadNanos = new LongAdder();

  /** All at zero. */
  public StatsCounter() {
    for (Count count : Count.values()) {
      counts.put(count, new LongAdder());
    }
  }

  /** One more. */
  public void add(Count count) {
    add(count, 1);
  }

  /** So many more. */
  public void add(Count count, long number) {
    adder(count).add(number);
  }

  /** A load that returned. */
  void loaded(long nanos) {
    add(Count.LOAD);
    loadNanos.add(nanos);
  }

  /** As they are now. */
  public CacheStats snapshot() {
    return new CacheStats(
        of(Count.NEAR_HIT),
        of(Count.HIT),
        of(Count.MISS),
        of(Count.SET),
        of(Count.DELETE),
        of(Count.ERROR),
        of(Count.BYPASS),
        of(Count.LOAD),
        of(Count.LOAD_FAILURE),
        Duration.ofNanos(loadNanos.sum()),
        of(Count.LEASE_WAIT),
        of(Count.LEASE_LOSS),
        of(Count.REJECTED_FILL),
        of(Count.STALE_SERVED),
        of(Count.REFRESH),
        of(Count.UNDECODABLE),
        of(Count.OVERSIZE),
        of(Count.NEAR_FLUSH),
        of(Count.NEAR_BYPASS));
  }

  /** Back to zero; what is counted at the same time may be lost or kept. */
  public void reset() {
    counts.values().forEach(LongAdder::reset);
    loadNanos.reset();
  }

  private long of(Count count) {
    return adder(count).sum();
  }

  private LongAdder adder(Count count) {
    LongAdder adder = counts.get(count);
    if (adder == null) {
      throw new IllegalStateException("every count has an adder");
    }
    return adder;
  }

  /** What is counted; {@link CacheStats} says what each means. */
  public enum Count {
    NEAR_HIT,
    HIT,
    MISS,
    SET,
    DELETE,
    ERROR,
    BYPASS,
    LOAD,
    LOAD_FAILURE,
    LEASE_WAIT,
    LEASE_LOSS,
    REJECTED_FILL,
    STALE_SERVED,
    REFRESH,
    UNDECODABLE,
    OVERSIZE,
    NEAR_FLUSH,
    NEAR_BYPASS
  }
}
