package dev.cachetide.benchmarks.hits;

import java.util.Comparator;
import java.util.List;

/**
 * One contender at one number of threads.
 *
 * @param hitsPerSecond of all threads together
 * @param bytesPerHit allocated by the whole process for one hit
 * @param cpuMicrosPerHit spent by the whole process, Redis not included, for one hit
 */
record Measurement(
    Contender contender,
    int threads,
    double hitsPerSecond,
    double bytesPerHit,
    double cpuMicrosPerHit) {

  /** The one in the middle by throughput; the slower one of two in the middle. */
  static Measurement median(List<Measurement> rounds) {
    return rounds.stream()
        .sorted(Comparator.comparingDouble(Measurement::hitsPerSecond))
        .toList()
        .get((rounds.size() - 1) / 2);
  }
}
