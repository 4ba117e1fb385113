package dev.cachetide.benchmarks.hits;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * Under which the figures were taken.
 *
 * @param load how many threads wanted a processor in the minute before the first trial; negative
 *     where the system does not say
 */
record Conditions(int seconds, int rounds, int cores, double load) {

  static Conditions now(int seconds, int rounds) {
    return new Conditions(
        seconds,
        rounds,
        Runtime.getRuntime().availableProcessors(),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  String text() {
    return String.format(
            Locale.ROOT,
            "%,d keys of %d bytes of JSON, decoded; the best of %d s after %d s of warm-up, rounds: %d;%n"
                + "%d cores shared with the embedded Redis, Java %d; CPU in microseconds a hit",
            HitBenchmark.KEYS,
            Product.of(0).toJson().length,
            seconds,
            Trial.WARMUP_SECONDS,
            rounds,
            cores,
            Runtime.version().feature())
        + (busy() ? String.format(Locale.ROOT, "%nTHE MACHINE WAS BUSY: load %.1f", load) : "");
  }

  /** Whether throughput says more about the others on this machine than about what was measured. */
  private boolean busy() {
    return load > cores;
  }

  ObjectNode toJson(ObjectMapper mapper) {
    ObjectNode node = mapper.createObjectNode();
    node.put("keys", HitBenchmark.KEYS);
    node.put("valueBytes", Product.of(0).toJson().length);
    node.put("seconds", seconds);
    node.put("rounds", rounds);
    node.put("cores", cores);
    node.put("load", load);
    node.put("java", Runtime.version().feature());
    return node;
  }
}
