package dev.cachetide.cli.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.console.RuleView.Change;
import dev.cachetide.cli.console.RuleView.Explained;
import dev.cachetide.cli.console.RuleView.RuleLine;
import dev.cachetide.cli.look.StatusJson;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.wire.TableName;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the page reads. */
final class ConsoleApi {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final PipelineSettings pipeline;
  private final ConsoleSettings settings;
  private final Watch watch;
  private final RuleView rules;

  ConsoleApi(PipelineSettings pipeline, ConsoleSettings settings, Watch watch, RuleView rules) {
    this.pipeline = pipeline;
    this.settings = settings;
    this.watch = watch;
    this.rules = rules;
  }

  /** What a page must know before it knows a token: whether there is one, and nothing else. */
  ObjectNode session() {
    return JSON.objectNode()
        .put("readOnly", settings.token() == null)
        .put("tokenToRead", settings.guarded());
  }

  ObjectNode status() {
    Look now = watch.look();
    ObjectNode status =
        StatusJson.status(now.at(), now.postgres(), now.kafka(), now.workers(), now.letters());
    ObjectNode numbers = status.putObject("numbers");
    Series.Point last = watch.last();
    if (last != null) {
      last.values().forEach(numbers::put);
    }
    status
        .put("pipeline", pipeline.names().pipeline())
        .put("canaryLimitSeconds", pipeline.invalidation().canaryLimit().toMillis() / 1e3)
        .putObject("names")
        .put("invalidate", pipeline.names().invalidationGroup())
        .put("writeBehind", pipeline.names().writeBehindGroup());
    return status.put("writes", !pipeline.writes().isEmpty());
  }

  ObjectNode lag() {
    return StatusJson.lag(watch.look().kafka());
  }

  /**
   * The numbers of the last minutes.
   *
   * @param after milliseconds since 1970; only what is newer
   */
  ObjectNode series(@Nullable String after) {
    ObjectNode json = JSON.objectNode();
    json.put("keptSeconds", Series.KEPT.toSeconds()).put("everyMillis", Watch.EVERY.toMillis());
    ArrayNode points = json.putArray("points");
    for (Series.Point point : watch.series(moment(after))) {
      ObjectNode each = points.addObject().put("at", point.at().toEpochMilli());
      ObjectNode values = each.putObject("values");
      point.values().forEach(values::put);
    }
    return json;
  }

  private static Instant moment(@Nullable String text) {
    try {
      return text == null ? Instant.EPOCH : Instant.ofEpochMilli(Long.parseLong(text));
    } catch (NumberFormatException e) {
      throw new Refused(400, "after is no number", "milliseconds since 1970");
    }
  }

  ObjectNode events() {
    ObjectNode json = JSON.objectNode();
    ArrayNode list = json.putArray("events");
    for (Event event : watch.events()) {
      list.addObject()
          .put("at", event.at().toString())
          .put("kind", event.kind())
          .put("level", event.level().name().toLowerCase(Locale.ROOT))
          .put("text", event.text());
    }
    return json;
  }

  ObjectNode rules() {
    ObjectNode json = JSON.objectNode();
    Map<String, Map<String, Double>> evictions = StatusJson.evictions(watch.look().workers());
    json.put("counted", evictions != null).put("outdated", rules.outdated());
    ArrayNode list = json.putArray("rules");
    Set<String> tables = new TreeSet<>();
    for (RuleLine rule : rules.rules()) {
      tables.add(rule.table());
      ObjectNode each = list.addObject();
      each.put("name", rule.name()).put("path", rule.path()).put("table", rule.table());
      rule.templates().forEach(each.putArray("templates")::add);
      if (evictions == null) {
        each.putNull("evictions");
      } else {
        ObjectNode counts = each.putObject("evictions");
        evictions.getOrDefault(rule.name(), Map.of()).forEach(counts::put);
      }
    }
    tables.forEach(json.putArray("tables")::add);
    return json;
  }

  ObjectNode explain(JsonNode body) {
    TableName table = table(body.path("table").asText(""));
    Explained explained =
        rules.explain(
            new Change(
                table,
                body.hasNonNull("op") ? body.get("op").asText() : null,
                body.hasNonNull("before") ? body.get("before").toString() : null,
                body.hasNonNull("after") ? body.get("after").toString() : null,
                body.path("ownWrite").asBoolean()));
    ObjectNode json = JSON.objectNode();
    json.set("report", explained.report());
    ArrayNode problems = json.putArray("problems");
    for (Problem problem : explained.problems()) {
      problems
          .addObject()
          .put("path", problem.path())
          .put("message", problem.message())
          .put("fix", problem.fix());
    }
    return json;
  }

  private static TableName table(String text) {
    try {
      return TableName.parse(text);
    } catch (IllegalArgumentException e) {
      throw new Refused(400, "table is no table's name", "write \"table\": \"public.users\"");
    }
  }
}
