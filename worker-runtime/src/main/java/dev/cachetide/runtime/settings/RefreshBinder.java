package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cachetide.runtime.settings.RefreshSettings.As;
import dev.cachetide.runtime.settings.RefreshSettings.Column;
import dev.cachetide.runtime.settings.RefreshSettings.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Turns a rule's {@code refresh}, which passed every check, into records. */
final class RefreshBinder {

  private RefreshBinder() {}

  static List<RefreshSettings> bind(JsonNode list, ConfigPath path) {
    List<RefreshSettings> all = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      all.add(one(list.path(i), path.child(i)));
    }
    return all;
  }

  private static RefreshSettings one(JsonNode node, ConfigPath path) {
    JsonNode ttl = node.path("ttl");
    return new RefreshSettings(
        path.toString(),
        node.path("key").asText(),
        mode(node),
        columns(node.path("columns")),
        As.valueOf(node.path("as").asText("json").toUpperCase(Locale.ROOT)),
        text(node, "type"),
        text(node, "query"),
        ttl.isTextual() ? duration(ttl) : null,
        text(ttl, "column"),
        Integer.parseInt(node.path("jitter").asText("0%").replace("%", "")),
        node.path("create").asBoolean(false),
        node.has("again") ? duration(node.path("again")) : null);
  }

  static Mode mode(JsonNode node) {
    return Mode.valueOf(node.path("mode").asText("fenced").toUpperCase(Locale.ROOT));
  }

  static List<Column> columns(JsonNode node) {
    List<Column> columns = new ArrayList<>();
    if (node.isArray()) {
      node.forEach(column -> columns.add(new Column(column.asText(), column.asText())));
    } else {
      node.properties()
          .forEach(entry -> columns.add(new Column(entry.getKey(), entry.getValue().asText())));
    }
    return columns;
  }

  private static @Nullable String text(JsonNode node, String key) {
    return node.hasNonNull(key) ? node.path(key).asText() : null;
  }

  private static Duration duration(JsonNode node) {
    return Durations.parse(node.asText()).orElseThrow();
  }
}
