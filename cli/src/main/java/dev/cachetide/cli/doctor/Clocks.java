package dev.cachetide.cli.doctor;

import java.util.Map;
import java.util.TreeMap;

/**
 * How far the servers' clocks are from this machine's. No guarantee rests on them; the delays that
 * are measured do, and so does what retention removes.
 */
final class Clocks {

  private static final long MOST_MILLIS = 1_000;

  private final Map<String, Long> aheadMillis = new TreeMap<>();

  void told(String server, long ahead) {
    aheadMillis.put(server, ahead);
  }

  void look(Report report) {
    aheadMillis.forEach(
        (server, ahead) -> {
          String found =
              server + " is " + Math.abs(ahead) + " ms " + (ahead < 0 ? "behind" : "ahead");
          if (Math.abs(ahead) > MOST_MILLIS) {
            report.warn(
                "clock",
                found + " of this machine: delays by two clocks are wrong by that",
                "chronyc makestep, on the machine that is wrong");
          } else {
            report.ok("clock", found);
          }
        });
  }
}
