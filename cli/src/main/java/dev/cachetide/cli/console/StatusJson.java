package dev.cachetide.cli.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.console.PostgresFacts.Slot;
import dev.cachetide.cli.console.Source.Seen;
import dev.cachetide.runtime.GroupLag.PartitionLag;
import dev.cachetide.runtime.postgres.Pause;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What was seen, as JSON. What is not known is null, never 0. Pure. */
final class StatusJson {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String EVICTIONS = "cachetide_invalidation_evictions_total";

  private StatusJson() {}

  /** Everything that the overview shows. */
  static ObjectNode status(Look look, Series.@Nullable Point last) {
    ObjectNode json = JSON.objectNode().put("at", look.at().toString());
    postgres(look.postgres(), json.putObject("postgres"));
    kafka(look.kafka(), json.putObject("kafka"));
    workers(look.workers(), json.putObject("workers"));
    ObjectNode numbers = json.putObject("numbers");
    if (last != null) {
      last.values().forEach(numbers::put);
    }
    return json;
  }

  private static void head(Seen<?> seen, ObjectNode json) {
    json.put("ok", seen.problem() == null).put("problem", seen.problem());
  }

  private static void postgres(Seen<PostgresFacts> seen, ObjectNode json) {
    head(seen, json);
    PostgresFacts facts = seen.value();
    if (facts == null) {
      return;
    }
    slot(facts.slot(), json);
    json.put("parkedWrites", facts.parkedWrites()).put("conflicts", facts.conflicts());
    ArrayNode pauses = json.putArray("pauses");
    facts.pauses().forEach(pause -> pause(pause, pauses.addObject()));
    facts.generations().stream()
        .filter(each -> each.scope().equals("*"))
        .findFirst()
        .ifPresent(
            each ->
                json.putObject("generation")
                    .put("number", each.number())
                    .put("reason", each.reason())
                    .put("at", each.at().toString()));
  }

  private static void slot(@Nullable Slot slot, ObjectNode json) {
    if (slot == null) {
      json.putNull("slot");
      return;
    }
    json.putObject("slot")
        .put("active", slot.active())
        .put("walStatus", slot.walStatus())
        .put("lagBytes", slot.lagBytes())
        .put("retainedBytes", slot.retainedBytes())
        .put("safeBytes", slot.safeBytes());
  }

  private static void pause(Pause pause, ObjectNode json) {
    json.put("what", pause.what().toString())
        .put("name", pause.name())
        .put("since", pause.since().toString())
        .put("by", pause.by())
        .put("allowStale", pause.stale())
        .put("reason", pause.reason());
  }

  private static void kafka(Seen<KafkaFacts> seen, ObjectNode json) {
    head(seen, json);
    KafkaFacts facts = seen.value();
    if (facts == null) {
      return;
    }
    ArrayNode groups = json.putArray("groups");
    for (String group : facts.groups().keySet()) {
      groups
          .addObject()
          .put("group", group)
          .put("records", facts.records(group))
          .put("seconds", facts.seconds(group))
          .put("partitions", facts.of(group).size())
          .put("members", facts.members(group));
    }
  }

  /** Every partition of every group. */
  static ObjectNode lag(Seen<KafkaFacts> seen) {
    ObjectNode json = JSON.objectNode();
    head(seen, json);
    ArrayNode list = json.putArray("partitions");
    KafkaFacts facts = seen.value();
    if (facts != null) {
      facts
          .groups()
          .forEach((group, each) -> each.forEach(one -> partition(group, one, list.addObject())));
    }
    return json;
  }

  private static void partition(String group, PartitionLag each, ObjectNode json) {
    json.put("group", group)
        .put("topic", each.topic())
        .put("partition", each.partition())
        .put("committed", each.committed())
        .put("end", each.end())
        .put("records", each.records())
        .put("seconds", each.seconds())
        .put("readBy", each.clientId());
  }

  private static void workers(Seen<WorkerFacts> seen, ObjectNode json) {
    head(seen, json);
    WorkerFacts facts = seen.value();
    ArrayNode list = json.putArray("processes");
    if (facts != null) {
      for (WorkerFacts.Worker worker : facts.workers()) {
        ObjectNode each = list.addObject();
        each.put("page", worker.uri().toString()).put("reached", worker.page() != null);
        ArrayNode programs = each.putArray("programs");
        for (WorkerFacts.Program program : worker.programs()) {
          programs
              .addObject()
              .put("name", program.name())
              .put("alive", program.alive())
              .put("ready", program.ready())
              .put("reason", program.reason());
        }
      }
    }
  }

  /** What each rule has evicted, by kind; null when no worker tells. */
  static @Nullable Map<String, Map<String, Double>> evictions(Seen<WorkerFacts> seen) {
    WorkerFacts facts = seen.value();
    if (facts == null
        || facts.pages().stream()
            .allMatch(page -> page.of("cachetide_invalidation_events_total").isEmpty())) {
      return null;
    }
    Map<String, Map<String, Double>> byRule = new LinkedHashMap<>();
    for (MetricsPage page : facts.pages()) {
      for (MetricsPage.Sample sample : page.of(EVICTIONS)) {
        Map<String, Double> kinds =
            byRule.computeIfAbsent(sample.label("rule"), any -> new LinkedHashMap<>());
        kinds.merge(sample.label("kind"), sample.value(), Double::sum);
        if (sample.label("widened").equals("true")) {
          kinds.merge("widened", sample.value(), Double::sum);
        }
      }
    }
    return byRule;
  }
}
