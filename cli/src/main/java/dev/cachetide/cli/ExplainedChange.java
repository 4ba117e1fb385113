package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.invalidation.history.RecordedChange;
import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.RelatedRows;
import dev.cachetide.invalidation.rules.Verdict;
import dev.cachetide.invalidation.rules.Want;
import dev.cachetide.wire.TableName;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Ansi;

/**
 * One change, what the rules make of it, and why; as text and as JSON.
 *
 * @param event null when it cannot be read
 * @param at where it was found; null when somebody described it
 */
record ExplainedChange(
    TableName table,
    @Nullable ChangeEvent event,
    @Nullable RecordedChange at,
    List<Verdict> verdicts) {

  ExplainedChange {
    verdicts = List.copyOf(verdicts);
  }

  void print(PrintWriter out, Ansi ansi) {
    out.println(ansi.string("@|bold " + operation() + "|@") + " of " + heading());
    if (event == null) {
      out.println("  cannot be read: " + (at == null ? "" : at.unreadable()));
      out.println("  the worker evicts all that the table's rules can name, and parks it");
    }
    TextTable leaving = new TextTable("  ");
    leaving.add("LEAVES", "", "RULE", "WHERE", "WHY");
    things().forEach((thing, why) -> leaving.add(thing.cells(String.join(", ", why))));
    if (things().isEmpty() && event != null) {
      out.println("  nothing leaves");
    } else if (event != null) {
      leaving.lines().forEach(out::println);
    }
    printLookups(out);
    TextTable not = new TextTable("    ");
    verdicts.stream()
        .filter(verdict -> verdict.whyNot() != null)
        .forEach(verdict -> not.add(verdict.rule().name(), String.valueOf(verdict.whyNot())));
    if (!not.isEmpty()) {
      out.println("  does not apply");
      not.lines().forEach(out::println);
    }
    verdicts.stream()
        .filter(Verdict::undecided)
        .forEach(
            verdict ->
                out.println(
                    "  note: the event does not tell enough to decide "
                        + verdict.rule().path()
                        + ".when, so the rule applies"));
  }

  private void printLookups(PrintWriter out) {
    TextTable lookups = new TextTable("    ");
    for (Verdict verdict : verdicts) {
      for (RelatedRows each : verdict.lookups()) {
        lookups.add(
            each.fanOut().eviction().kind().key(),
            each.fanOut().eviction().template().toString(),
            verdict.rule().name(),
            each.fanOut().relationPath(),
            "for " + each.where() + (each.values().isEmpty() ? "" : " with " + each.values()));
      }
    }
    if (!lookups.isEmpty()) {
      out.println("  looked up by the worker, and not here");
      lookups.lines().forEach(out::println);
    }
  }

  private String operation() {
    return event == null ? "change" : event.operation().name().toLowerCase(Locale.ROOT);
  }

  private String heading() {
    String own = event != null && event.echo() ? " by the write-behind worker" : "";
    return TextTable.visible(table.toString())
        + own
        + (at == null
            ? ""
            : ", " + at.at() + ", partition " + at.partition() + ", offset " + at.offset());
  }

  private Map<Thing, Set<String>> things() {
    Map<Thing, Set<String>> things = new LinkedHashMap<>();
    for (Verdict verdict : verdicts) {
      for (Want want : verdict.wants()) {
        things
            .computeIfAbsent(Thing.of(want), any -> new LinkedHashSet<>())
            .add(want.reason().toString());
      }
    }
    return things;
  }

  ObjectNode json(ObjectMapper mapper) {
    ObjectNode json = mapper.createObjectNode().put("table", table.toString());
    json.put("op", event == null ? null : operation());
    json.put("ownWrite", event != null && event.echo());
    if (at != null) {
      json.put("topic", at.topic()).put("partition", at.partition()).put("offset", at.offset());
      json.put("at", at.at().toString()).put("unreadable", at.unreadable());
    }
    ArrayNode evict = json.putArray("evict");
    things()
        .forEach(
            (thing, why) -> {
              ObjectNode each = thing.json(evict.addObject());
              why.forEach(each.putArray("why")::add);
            });
    ArrayNode lookups = json.putArray("lookups");
    for (Verdict verdict : verdicts) {
      for (RelatedRows each : verdict.lookups()) {
        ObjectNode lookup = lookups.addObject();
        lookup.put("kind", each.fanOut().eviction().kind().key());
        lookup.put("template", each.fanOut().eviction().template().toString());
        lookup.put("rule", verdict.rule().name()).put("path", each.fanOut().relationPath());
        lookup.set("values", mapper.valueToTree(each.values()));
      }
    }
    ArrayNode not = json.putArray("notApplied");
    for (Verdict verdict : verdicts) {
      if (verdict.whyNot() != null) {
        not.addObject()
            .put("rule", verdict.rule().name())
            .put("path", verdict.rule().path())
            .put("why", verdict.whyNot());
      }
    }
    return json;
  }

  /** Something that leaves, and where the file says so. */
  private record Thing(String kind, String name, boolean all, String rule, String path) {

    static Thing of(Want want) {
      String name = want.target() == null ? want.eviction().widest() : want.target();
      return new Thing(
          want.eviction().kind().key(),
          name,
          want.widened(),
          want.rule().name(),
          want.eviction().path());
    }

    String[] cells(String why) {
      return new String[] {all ? "every " + kind : kind, name, rule, path, why};
    }

    ObjectNode json(ObjectNode json) {
      return json.put("kind", kind)
          .put("name", name)
          .put("widened", all)
          .put("rule", rule)
          .put("path", path);
    }
  }
}
