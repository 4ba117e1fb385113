package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cachetide.runtime.settings.FanOutSettings.Through;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Turns the {@code fan_out} of a rule that passed every check into records. */
final class FanOutBinder {

  private FanOutBinder() {}

  static List<FanOutSettings> bind(JsonNode list, ConfigPath path) {
    List<FanOutSettings> fanOuts = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      JsonNode entry = list.path(i);
      ConfigPath at = path.child(i);
      fanOuts.add(
          new FanOutSettings(
              at.toString(),
              evict(entry, at).orElseThrow(),
              entry.path("query").textValue(),
              through(entry.path("through")),
              entry.path("cap").asInt(Defaults.FAN_OUT_CAP),
              evict(entry.path("above"), at.child("above")).orElse(null)));
    }
    return fanOuts;
  }

  private static Optional<EvictSettings> evict(JsonNode entry, ConfigPath path) {
    for (RuleSettings.Kind kind : RuleSettings.Kind.values()) {
      JsonNode template = entry.path(kind.key());
      if (!template.isMissingNode()) {
        return Optional.of(
            new EvictSettings(path.child(kind.key()).toString(), kind, template.asText()));
      }
    }
    return Optional.empty();
  }

  private static @Nullable Through through(JsonNode node) {
    if (node.isMissingNode()) {
      return null;
    }
    return node.isTextual()
        ? new Through(Defaults.SCHEMA, node.asText(), List.of(), List.of())
        : new Through(
            node.path("schema").asText(Defaults.SCHEMA),
            node.path("table").asText(),
            texts(node.path("columns")),
            texts(node.path("references")));
  }

  private static List<String> texts(JsonNode list) {
    return list.valueStream().map(JsonNode::asText).toList();
  }
}
