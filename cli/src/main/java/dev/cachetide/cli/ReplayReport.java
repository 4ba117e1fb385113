package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.invalidation.history.RuleComparison;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Locale;

/**
 * What a comparison of two versions of the rules came to; as text and as JSON.
 *
 * @param seconds that it took
 */
record ReplayReport(RuleComparison comparison, Instant from, double seconds) {

  void print(PrintWriter out) {
    TextTable table = new TextTable("", 2, 3, 4, 5, 6, 7);
    table.add(
        "TABLE",
        "RULE",
        "CHANGES",
        "IN BOTH",
        "ONLY OLD",
        "ONLY NEW",
        "WIDENED OLD",
        "WIDENED NEW");
    for (RuleComparison.Row row : comparison.rows()) {
      String rule = row.rule();
      table.add(
          rule == null ? row.table().toString() : "",
          rule == null ? "(all)" : rule,
          number(row.changes()),
          number(row.both()),
          number(row.onlyOld()),
          number(row.onlyNew()),
          number(row.widenedOld()),
          number(row.widenedNew()));
    }
    table.lines().forEach(out::println);
    out.println();
    comparison.samples().forEach(sample -> print(sample, out));
    out.printf(
        "%,d changes since %s: the rules differ for %,d%s (%.1f s, %,.0f a second; nothing was"
            + " touched)%n",
        comparison.changes(),
        from.equals(Instant.EPOCH) ? "the earliest" : from,
        comparison.different(),
        comparison.unreadable() == 0
            ? ""
            : String.format(", %,d cannot be read", comparison.unreadable()),
        seconds,
        comparison.changes() / seconds);
  }

  private static void print(RuleComparison.Sample sample, PrintWriter out) {
    out.println(TextTable.visible(name(sample)));
    sample.onlyOld().forEach(thing -> out.println("  only old  " + TextTable.visible(thing)));
    sample.onlyNew().forEach(thing -> out.println("  only new  " + TextTable.visible(thing)));
    out.println();
  }

  private static String name(RuleComparison.Sample sample) {
    var change = sample.change();
    return operation(sample)
        + " of "
        + change.table()
        + ", "
        + change.at()
        + ", partition "
        + change.partition()
        + ", offset "
        + change.offset();
  }

  private static String operation(RuleComparison.Sample sample) {
    var event = sample.change().event();
    return event == null ? "change" : event.operation().name().toLowerCase(Locale.ROOT);
  }

  private static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  ObjectNode json(ObjectMapper mapper) {
    ObjectNode json = mapper.createObjectNode();
    json.put("since", from.toString()).put("changes", comparison.changes());
    json.put("different", comparison.different()).put("unreadable", comparison.unreadable());
    json.put("seconds", seconds).put("changesPerSecond", comparison.changes() / seconds);
    ArrayNode rows = json.putArray("tables");
    for (RuleComparison.Row row : comparison.rows()) {
      rows.addObject()
          .put("table", row.table().toString())
          .put("rule", row.rule())
          .put("changes", row.changes())
          .put("both", row.both())
          .put("onlyOld", row.onlyOld())
          .put("onlyNew", row.onlyNew())
          .put("widenedOld", row.widenedOld())
          .put("widenedNew", row.widenedNew());
    }
    ArrayNode samples = json.putArray("samples");
    for (RuleComparison.Sample sample : comparison.samples()) {
      ObjectNode each = samples.addObject();
      each.put("table", sample.change().table().toString()).put("op", operation(sample));
      each.put("topic", sample.change().topic()).put("partition", sample.change().partition());
      each.put("offset", sample.change().offset());
      sample.onlyOld().forEach(each.putArray("onlyOld")::add);
      sample.onlyNew().forEach(each.putArray("onlyNew")::add);
    }
    return json;
  }
}
