package dev.cachetide.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What the demo showed.
 *
 * @param scenes in the order they were played; the demo ends with the first that fails
 * @param evictions keys that were seen to leave Redis
 * @param writesAccepted write commands that Kafka acknowledged
 * @param writesApplied of those, the ones whose effect is in Postgres
 * @param deadLetters of those, the ones that were set aside with a reason
 */
public record DemoReport(
    List<Shown> scenes,
    long evictions,
    Latencies commitToEvict,
    long writesAccepted,
    long writesApplied,
    long deadLetters,
    double seconds) {

  /** Copies the list. */
  public DemoReport {
    scenes = List.copyOf(scenes);
  }

  /**
   * One scene as it went.
   *
   * @param at seconds since the demo began
   * @param seen what was seen, or what was not
   */
  public record Shown(double at, String title, String seen, boolean ok) {}

  /**
   * Whether every scene was checked to have happened, and every accepted write is accounted for.
   */
  public boolean ok() {
    return scenes.stream().allMatch(Shown::ok) && writesAccepted == writesApplied + deadLetters;
  }

  /** As one JSON object; times in seconds and milliseconds as the names say. */
  public JsonNode toJson(ObjectMapper json) {
    ObjectNode report = json.createObjectNode();
    report.put("ok", ok());
    report.put("evictions", evictions);
    ObjectNode latency = report.putObject("commit_to_evict_ms");
    if (commitToEvict.count() > 0) {
      latency.put("p50", commitToEvict.percentileMillis(50));
      latency.put("p99", commitToEvict.percentileMillis(99));
    }
    latency.put("samples", commitToEvict.count());
    report.put("writes_accepted", writesAccepted);
    report.put("writes_applied", writesApplied);
    report.put("dead_letters", deadLetters);
    report.put("seconds", seconds);
    var timeline = report.putArray("timeline");
    for (Shown shown : scenes) {
      timeline
          .addObject()
          .put("at_s", shown.at())
          .put("title", shown.title())
          .put("seen", shown.seen())
          .put("ok", shown.ok());
    }
    return report;
  }

  /** As lines for people. */
  public List<String> summary() {
    List<String> lines = new ArrayList<>();
    lines.add(row("evictions", String.format("%,d keys seen to leave Redis", evictions)));
    if (commitToEvict.count() > 0) {
      lines.add(
          row(
              "commit to evicted",
              String.format(
                  "p50 %.1f ms, p99 %.1f ms (%d single-row commits)",
                  commitToEvict.percentileMillis(50),
                  commitToEvict.percentileMillis(99),
                  commitToEvict.count())));
    }
    lines.add(row("writes accepted", String.format("%,d", writesAccepted)));
    lines.add(row("writes applied", String.format("%,d, each once", writesApplied)));
    lines.add(row("dead letters", String.format("%,d, with their reasons", deadLetters)));
    lines.add(row("checked", ok() ? "everything shown above" : "FAILED, see the timeline above"));
    return lines;
  }

  private static String row(String name, String value) {
    return String.format("  %-18s  %s", name, value);
  }
}
