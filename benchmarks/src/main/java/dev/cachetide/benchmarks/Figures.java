package dev.cachetide.benchmarks;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Percentiles of one measured round, in milliseconds.
 *
 * @param rate commits a second that were really made
 */
record Figures(double p50, double p99, double max, double rate) {

  /** From two lists of {@link System#nanoTime}, one entry a commit. */
  static Figures between(AtomicLongArray committedAt, AtomicLongArray goneAt) {
    int count = committedAt.length();
    long[] nanos = new long[count];
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    for (int i = 0; i < count; i++) {
      // A key can be seen gone before the writer's thread sees its COMMIT return.
      nanos[i] = Math.max(0, goneAt.get(i) - committedAt.get(i));
      first = Math.min(first, committedAt.get(i));
      last = Math.max(last, committedAt.get(i));
    }
    Arrays.sort(nanos);
    return new Figures(
        nanos[(int) Math.ceil(0.50 * count) - 1] / 1e6,
        nanos[(int) Math.ceil(0.99 * count) - 1] / 1e6,
        nanos[count - 1] / 1e6,
        (count - 1) / ((last - first) / 1e9));
  }

  /** The round in the middle by p50, of an odd number of rounds. */
  static Figures median(Figures[] rounds) {
    Figures[] sorted = rounds.clone();
    Arrays.sort(sorted, java.util.Comparator.comparingDouble(Figures::p50));
    return sorted[sorted.length / 2];
  }
}
