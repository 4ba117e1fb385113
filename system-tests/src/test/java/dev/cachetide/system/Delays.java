package dev.cachetide.system;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Delays of one kind, as they are seen. */
final class Delays {

  private final List<Long> nanos = new ArrayList<>();

  synchronized void add(long delayNanos) {
    nanos.add(delayNanos);
  }

  synchronized int count() {
    return nanos.size();
  }

  /** In milliseconds; 0 when there are none. */
  synchronized double quantile(double of) {
    long[] sorted = nanos.stream().mapToLong(Long::longValue).toArray();
    Arrays.sort(sorted);
    return sorted.length == 0
        ? 0
        : sorted[(int) Math.min(sorted.length - 1L, (long) (of * sorted.length))] / 1e6;
  }

  @Override
  public String toString() {
    return "n=%d p50=%.1f p99=%.1f max=%.1f ms"
        .formatted(count(), quantile(0.5), quantile(0.99), quantile(1));
  }
}
