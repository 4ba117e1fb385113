package dev.cachetide.benchmarks.hits;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

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

  /**
   * One for each contender and number of threads: the one in the middle by throughput, the slower
   * of two in the middle.
   */
  static List<Measurement> medians(List<Measurement> rounds) {
    return rounds.stream()
        .sorted(Comparator.comparingDouble(Measurement::hitsPerSecond))
        .collect(Collectors.groupingBy(each -> List.of(each.contender(), each.threads())))
        .values()
        .stream()
        .map(same -> same.get((same.size() - 1) / 2))
        .toList();
  }
}
