package dev.cachetide.invalidation.refresh;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Plain keys that are evicted a second time after a delay, for readers that loaded before a change
 * and stored after its eviction. Kept in memory alone: a worker that crashes loses them, and a slow
 * reader's value then stays until its TTL. Holds a bounded number; when there are more, the first
 * ones are due early. For the loop's thread alone; no I/O.
 */
public final class SecondEvictions {

  /** How many wait at most. */
  public static final int MOST = 100_000;

  private final Map<String, Long> dueNanos = new LinkedHashMap<>();
  private final LongSupplier nanoTime;
  private final int most;

  /** With a clock. */
  public SecondEvictions(LongSupplier nanoTime) {
    this(nanoTime, MOST);
  }

  SecondEvictions(LongSupplier nanoTime, int most) {
    this.nanoTime = nanoTime;
    this.most = most;
  }

  /** Keys that were just evicted; one that waits already waits anew. */
  public void add(Map<String, Duration> again) {
    long now = nanoTime.getAsLong();
    again.forEach(
        (key, after) -> {
          dueNanos.remove(key);
          dueNanos.put(key, now + after.toNanos());
        });
  }

  /** Those to evict now; they count as done once {@link #done} is told of them. */
  public List<String> due() {
    long now = nanoTime.getAsLong();
    List<String> due = new ArrayList<>();
    dueNanos.forEach(
        (key, at) -> {
          if (at - now <= TimeUnit.MILLISECONDS.toNanos(1)) {
            due.add(key);
          }
        });
    int over = dueNanos.size() - due.size() - most;
    if (over > 0) {
      dueNanos.entrySet().stream()
          .filter(each -> each.getValue() - now > TimeUnit.MILLISECONDS.toNanos(1))
          .sorted(Comparator.comparingLong(each -> each.getValue() - now))
          .limit(over)
          .forEach(each -> due.add(each.getKey()));
    }
    return due;
  }

  /** All that wait, for a worker that stops. */
  public List<String> all() {
    return List.copyOf(dueNanos.keySet());
  }

  /** Evicted, with Redis's answer. */
  public void done(List<String> keys) {
    keys.forEach(dueNanos::remove);
  }
}
