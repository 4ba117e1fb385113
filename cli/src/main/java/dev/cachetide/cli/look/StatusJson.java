package dev.cachetide.cli.look;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.look.PostgresFacts.Epoch;
import dev.cachetide.cli.look.PostgresFacts.Slot;
import dev.cachetide.cli.look.PostgresFacts.Writes;
import dev.cachetide.cli.look.Source.Seen;
import dev.cachetide.invalidation.RedisSigns;
import dev.cachetide.runtime.GroupLag.Member;
import dev.cachetide.runtime.GroupLag.PartitionLag;
import dev.cachetide.runtime.postgres.Pause;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What was seen, as JSON. What is not known is null, never 0. Pure. */
public final class StatusJson {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String EVICTIONS = "cachetide_invalidation_evictions_total";

  private StatusJson() {}

  /** What all servers that every pipeline has told. */
  public static ObjectNode status(
      Instant at,
      Seen<PostgresFacts> postgres,
      Seen<KafkaFacts> kafka,
      Seen<WorkerFacts> workers,
      Seen<Long> letters) {
    ObjectNode json = JSON.objectNode().put("at", at.toString());
    postgres(postgres, json.putObject("postgres"));
    kafka(kafka, json.putObject("kafka"));
    workers(workers, json.putObject("workers"));
    head(letters, json.putObject("events")).put("parked", letters.value());
    return json;
  }

  /**
   * What a client would find in Redis.
   *
   * @param certified run ids that Postgres notes; null when it did not tell
   */
  public static ObjectNode redis(Seen<RedisSigns> seen, @Nullable Set<String> certified) {
    ObjectNode json = head(seen, JSON.objectNode());
    RedisSigns signs = seen.value();
    if (signs == null) {
      return json;
    }
    json.put("believed", signs.believed());
    json.put("certified", certified == null ? null : certified.containsAll(signs.runIds()));
    signs.runIds().stream().sorted().forEach(json.putArray("runIds")::add);
    json.put("canaryAt", signs.canary() == null ? null : signs.canary().toString());
    if (signs.beat() == null) {
      json.putNull("beat");
    } else {
      json.putObject("beat")
          .put("generation", signs.beat().generation())
          .put("partitions", signs.beat().partitions());
    }
    return json;
  }

  private static ObjectNode head(Seen<?> seen, ObjectNode json) {
    return json.put("ok", seen.problem() == null).put("problem", seen.problem());
  }

  private static void postgres(Seen<PostgresFacts> seen, ObjectNode json) {
    head(seen, json);
    PostgresFacts facts = seen.value();
    if (facts == null) {
      return;
    }
    slot(facts.slot(), json);
    ArrayNode ingest = json.putArray("ingest");
    facts
        .ingest()
        .forEach(
            each ->
                ingest
                    .addObject()
                    .put("pid", each.pid())
                    .put("host", each.host())
                    .put("active", each.active()));
    writes(facts.tables() == null ? null : facts.tables().writes(), json);
    ArrayNode pauses = json.putArray("pauses");
    facts.pauses().forEach(pause -> pause(pause, pauses.addObject()));
    facts
        .generation()
        .ifPresent(
            each ->
                json.putObject("generation")
                    .put("number", each.number())
                    .put("reason", each.reason())
                    .put("at", each.at().toString()));
  }

  private static void writes(@Nullable Writes writes, ObjectNode json) {
    json.put("parkedWrites", writes == null ? null : writes.parked())
        .put("conflicts", writes == null ? null : writes.conflicts());
    ArrayNode epochs = json.putArray("epochs");
    if (writes != null) {
      for (Epoch each : writes.epochs()) {
        epochs
            .addObject()
            .put("topic", each.topic())
            .put("partition", each.partition())
            .put("epoch", each.number())
            .put("nextOffset", each.next());
      }
    }
  }

  private static void slot(@Nullable Slot slot, ObjectNode json) {
    if (slot == null) {
      json.putNull("slot");
      return;
    }
    json.putObject("slot")
        .put("name", slot.name())
        .put("active", slot.active())
        .put("walStatus", slot.walStatus())
        .put("confirmedLsn", slot.confirmed())
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
      ObjectNode each = groups.addObject();
      each.put("group", group)
          .put("records", facts.records(group))
          .put("seconds", facts.seconds(group))
          .put("partitions", facts.of(group).size())
          .put("members", facts.members(group).size());
      ArrayNode joined = each.putArray("joined");
      facts.members(group).forEach(member -> member(member, joined.addObject()));
    }
  }

  private static void member(Member member, ObjectNode json) {
    json.put("id", member.id()).put("clientId", member.clientId()).put("host", member.host());
    ArrayNode owned = json.putArray("partitions");
    member
        .owned()
        .forEach(
            each ->
                owned.addObject().put("topic", each.topic()).put("partition", each.partition()));
  }

  /** Every partition of every group. */
  public static ObjectNode lag(Seen<KafkaFacts> seen) {
    ObjectNode json = JSON.objectNode();
    head(seen, json);
    ArrayNode list = json.putArray("partitions");
    KafkaFacts facts = seen.value();
    if (facts != null) {
      facts
          .groups()
          .keySet()
          .forEach(
              group -> facts.of(group).forEach(one -> partition(group, one, list.addObject())));
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
  public static @Nullable Map<String, Map<String, Double>> evictions(Seen<WorkerFacts> seen) {
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
