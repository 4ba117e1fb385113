package dev.cachetide.benchmarks.hits;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What was measured, for people and for programs. Ratios are to the plain GET at the same number of
 * threads, a bigger one is faster; CPU is microseconds of the process for a hit.
 */
final class HitTable {

  private static final int NAME_WIDTH = 28;

  private final Map<Contender, NavigableMap<Integer, Measurement>> rows = new TreeMap<>();
  private final Map<Integer, Measurement> plain;

  /** From one measurement for each contender and number of threads, the plain GET among them. */
  HitTable(List<Measurement> measurements) {
    for (Measurement measurement : measurements) {
      row(measurement.contender()).put(measurement.threads(), measurement);
    }
    plain = row(Contender.LETTUCE);
  }

  private NavigableMap<Integer, Measurement> row(Contender contender) {
    return rows.computeIfAbsent(contender, absent -> new TreeMap<>());
  }

  /** The table's lines, in columns; bytes, which hardly vary, are those at the most threads. */
  List<String> lines() {
    StringBuilder threads = new StringBuilder(" ".repeat(NAME_WIDTH));
    StringBuilder titles = new StringBuilder(" ".repeat(NAME_WIDTH));
    for (int count : plain.keySet()) {
      threads.append(format("%26s", count + (count == 1 ? " thread" : " threads")));
      titles.append(format("%11s%8s%7s", "hits/s", "ratio", "CPU"));
    }
    List<String> lines = new ArrayList<>();
    lines.add(threads.toString());
    lines.add(titles.append(format("%9s", "bytes")).toString());
    addRows(lines, "from Redis", false);
    addRows(lines, "from the process", true);
    return lines;
  }

  private void addRows(List<String> lines, String title, boolean inProcess) {
    List<Contender> contenders =
        rows.keySet().stream().filter(c -> c.inProcess() == inProcess).toList();
    if (!contenders.isEmpty()) {
      lines.add(title);
      contenders.forEach(contender -> lines.add(line(contender)));
    }
  }

  private String line(Contender contender) {
    StringBuilder line =
        new StringBuilder(format("  %-" + (NAME_WIDTH - 2) + "s", contender.title()));
    for (Measurement measurement : row(contender).values()) {
      double ratio = ratio(measurement);
      line.append(format("%,11.0f", measurement.hitsPerSecond()));
      line.append(format("%7." + (ratio < 10 ? 2 : 0) + "fx", ratio));
      line.append(format("%7.2f", measurement.cpuMicrosPerHit()));
    }
    Measurement last = row(contender).lastEntry().getValue();
    return line.append(format("%,9.0f", last.bytesPerHit())).toString();
  }

  /** The measurements with their ratios. */
  ArrayNode toJson(ObjectMapper mapper) {
    ArrayNode results = mapper.createArrayNode();
    for (Map<Integer, Measurement> row : rows.values()) {
      for (Measurement measurement : row.values()) {
        ObjectNode node = results.addObject();
        node.put("contender", measurement.contender().name().toLowerCase(Locale.ROOT));
        node.put("inProcess", measurement.contender().inProcess());
        node.put("threads", measurement.threads());
        node.put("hitsPerSecond", Math.round(measurement.hitsPerSecond()));
        node.put("ratio", rounded(ratio(measurement)));
        node.put("cpuMicrosPerHit", rounded(measurement.cpuMicrosPerHit()));
        node.put("bytesPerHit", Math.round(measurement.bytesPerHit()));
      }
    }
    return results;
  }

  private double ratio(Measurement measurement) {
    Measurement floor = plain.get(measurement.threads());
    return floor == null ? Double.NaN : measurement.hitsPerSecond() / floor.hitsPerSecond();
  }

  private static double rounded(double value) {
    return Math.round(value * 1_000) / 1_000.0;
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
