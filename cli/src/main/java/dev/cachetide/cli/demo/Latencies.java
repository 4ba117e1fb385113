package dev.cachetide.cli.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Measured durations and their percentiles. Not thread-safe. */
public final class Latencies {

  private final List<Duration> measured = new ArrayList<>();

  void add(Duration duration) {
    measured.add(duration);
  }

  int count() {
    return measured.size();
  }

  /**
   * The duration that {@code percent} of the measured ones do not exceed, in milliseconds, by the
   * nearest-rank method.
   *
   * @param percent above 0, at most 100
   * @throws IllegalStateException when nothing was measured
   */
  double percentileMillis(int percent) {
    if (measured.isEmpty()) {
      throw new IllegalStateException("nothing was measured");
    }
    List<Duration> sorted = new ArrayList<>(measured);
    Collections.sort(sorted);
    int rank = (int) Math.ceil(percent / 100.0 * sorted.size());
    return Math.round(sorted.get(rank - 1).toNanos() / 10_000.0) / 100.0;
  }
}
