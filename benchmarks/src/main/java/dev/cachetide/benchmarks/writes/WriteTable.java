package dev.cachetide.benchmarks.writes;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured, for people and for programs; ratios are to the hand-written loop. */
final class WriteTable {

  private final Map<String, Map<Contender, List<Double>>> measured = new LinkedHashMap<>();
  private final List<Workload> workloads;
  private final String postgresVersion;
  private final int rounds;
  private final int batchRows;

  WriteTable(List<Workload> workloads, String postgresVersion, int rounds, int batchRows) {
    this.workloads = List.copyOf(workloads);
    this.postgresVersion = postgresVersion;
    this.rounds = rounds;
    this.batchRows = batchRows;
    workloads.forEach(each -> measured.put(each.name(), new EnumMap<>(Contender.class)));
  }

  void add(Workload workload, Contender contender, double perSecond) {
    of(workload).computeIfAbsent(contender, absent -> new ArrayList<>()).add(perSecond);
  }

  /** For a terminal. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(conditions());
    for (Workload workload : workloads) {
      lines.add("");
      lines.add(String.format(Locale.ROOT, "%-42s%14s%10s", workload.title(), "a second", "ratio"));
      for (Contender contender : of(workload).keySet()) {
        lines.add(
            String.format(
                Locale.ROOT,
                "  %-40s%,14.0f%9.2fx",
                contender.title(),
                median(workload, contender),
                ratio(workload, contender)));
      }
    }
    return lines;
  }

  /** The same for a program. */
  ObjectNode toJson(ObjectMapper mapper) {
    ObjectNode report = mapper.createObjectNode();
    report.put("postgres", postgresVersion);
    report.put("fsync", true);
    report.put("cores", Runtime.getRuntime().availableProcessors());
    report.put("java", Runtime.version().feature());
    report.put("rounds", rounds);
    report.put("batchRows", batchRows);
    ArrayNode results = report.putArray("results");
    for (Workload workload : workloads) {
      for (Contender contender : of(workload).keySet()) {
        ObjectNode node = results.addObject();
        node.put("workload", workload.name());
        node.put("commands", workload.commands());
        node.put("contender", contender.name().toLowerCase(Locale.ROOT));
        node.put("perSecond", Math.round(median(workload, contender)));
        node.put("ratio", Math.round(ratio(workload, contender) * 1_000) / 1_000.0);
      }
    }
    return report;
  }

  private String conditions() {
    return String.format(
        Locale.ROOT,
        "%nmedian of %d rounds after one of warm-up; PostgreSQL %s, fsync on; transactions of %,d"
            + " commands, Cachetide's defaults for Cachetide;%n%d cores shared by all servers, Java %d;"
            + " ratios to the hand-written loop",
        rounds,
        postgresVersion,
        batchRows,
        Runtime.getRuntime().availableProcessors(),
        Runtime.version().feature());
  }

  /** Not a number where the hand-written loop was not measured. */
  private double ratio(Workload workload, Contender contender) {
    return of(workload).containsKey(Contender.HAND_WRITTEN)
        ? median(workload, contender) / median(workload, Contender.HAND_WRITTEN)
        : Double.NaN;
  }

  private double median(Workload workload, Contender contender) {
    List<Double> sorted = new ArrayList<>(of(workload).getOrDefault(contender, List.of()));
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
  }

  private Map<Contender, List<Double>> of(Workload workload) {
    return measured.getOrDefault(workload.name(), Map.of());
  }
}
