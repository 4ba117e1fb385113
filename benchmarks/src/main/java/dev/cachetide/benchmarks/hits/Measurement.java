package dev.cachetide.benchmarks.hits;

import static java.util.Comparator.comparingDouble;

import java.util.Collections;
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

  /** The best round of each contender at each number of threads. */
  static List<Measurement> best(List<Measurement> rounds) {
    return rounds.stream()
        .collect(Collectors.groupingBy(each -> List.of(each.contender(), each.threads())))
        .values()
        .stream()
        .map(same -> Collections.max(same, comparingDouble(Measurement::hitsPerSecond)))
        .toList();
  }
}
