package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns a rule's {@code limits} into its record. */
final class LimitBinder {

  private static final List<Kind> COARSE = List.of(Kind.TAG, Kind.VERSION, Kind.PATTERN);

  private LimitBinder() {}

  static LimitSettings bind(JsonNode limits, ConfigPath path) {
    LimitSettings otherwise = LimitSettings.DEFAULT;
    return new LimitSettings(
        limits.path("keys_per_event").asInt(otherwise.keysPerEvent()),
        limits.path("keys_per_transaction").asInt(otherwise.keysPerTransaction()),
        above(limits.path("above"), path.child("above")));
  }

  private static @Nullable EvictSettings above(JsonNode above, ConfigPath path) {
    for (Kind kind : COARSE) {
      if (above.has(kind.key())) {
        return new EvictSettings(
            path.child(kind.key()).toString(), kind, above.path(kind.key()).asText());
      }
    }
    return null;
  }
}
