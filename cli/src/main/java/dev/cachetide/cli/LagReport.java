package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.runtime.GroupLag.PartitionLag;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How far the groups of a pipeline are behind, as a table or as JSON. Pure.
 *
 * @param groups their partitions, by name, in the order to show them in
 */
record LagReport(String pipeline, Instant at, Map<String, List<PartitionLag>> groups) {

  private static final String NONE = "-";

  /** The table, and a line for each group that has nothing to read yet. */
  List<String> lines() {
    TextTable table = new TextTable("", 2, 3, 4, 5, 6);
    table.add("GROUP", "TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "SECONDS", "READ BY");
    List<String> empty = new ArrayList<>();
    groups.forEach(
        (group, partitions) -> {
          if (partitions.isEmpty()) {
            empty.add(group + " has no topic to read yet");
            return;
          }
          partitions.forEach(each -> add(table, group, each));
          table.add(
              group,
              "all",
              NONE,
              NONE,
              NONE,
              String.valueOf(records(partitions)),
              text(seconds(partitions)),
              "");
        });
    List<String> lines = new ArrayList<>(empty.size() == groups.size() ? List.of() : table.lines());
    lines.addAll(empty);
    return lines;
  }

  private static void add(TextTable table, String group, PartitionLag each) {
    table.add(
        group,
        each.topic(),
        String.valueOf(each.partition()),
        each.committed() == null ? NONE : String.valueOf(each.committed()),
        String.valueOf(each.end()),
        String.valueOf(each.records()),
        text(each.seconds()),
        each.clientId() == null ? "nobody" : each.clientId() + " " + each.host());
  }

  ObjectNode json(ObjectMapper mapper) {
    ObjectNode report = mapper.createObjectNode();
    report.put("pipeline", pipeline).put("at", at.toString());
    ArrayNode list = report.putArray("groups");
    groups.forEach(
        (group, partitions) -> {
          ObjectNode node = list.addObject().put("group", group);
          node.put("records", records(partitions)).put("seconds", seconds(partitions));
          ArrayNode each = node.putArray("partitions");
          partitions.forEach(
              one ->
                  each.addObject()
                      .put("topic", one.topic())
                      .put("partition", one.partition())
                      .put("committed", one.committed())
                      .put("end", one.end())
                      .put("records", one.records())
                      .put("seconds", one.seconds())
                      .put("clientId", one.clientId())
                      .put("host", one.host()));
        });
    return report;
  }

  private static long records(List<PartitionLag> partitions) {
    return partitions.stream().mapToLong(PartitionLag::records).sum();
  }

  /** Of the partition that is furthest behind; null when that of one is not known. */
  private static @Nullable Double seconds(List<PartitionLag> partitions) {
    if (partitions.stream().anyMatch(each -> each.seconds() == null)) {
      return null;
    }
    return partitions.stream()
        .mapToDouble(each -> Objects.requireNonNull(each.seconds()))
        .max()
        .orElse(0);
  }

  static String text(@Nullable Double seconds) {
    return seconds == null ? "?" : String.format(Locale.ROOT, "%.1f", seconds);
  }
}
