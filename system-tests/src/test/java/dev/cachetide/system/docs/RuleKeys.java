package dev.cachetide.system.docs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The keys that a rule may have, by the published schema. */
final class RuleKeys {

  private final JsonNode schema;
  private final Set<String> seen = new LinkedHashSet<>();
  private final Set<String> keys = new LinkedHashSet<>();

  private RuleKeys(JsonNode schema) {
    this.schema = schema;
  }

  static List<String> published() throws IOException {
    JsonNode schema = new ObjectMapper().readTree(Path.of("../docs/config.schema.json").toFile());
    RuleKeys keys = new RuleKeys(schema);
    keys.collect(schema.at("/$defs/rule"));
    return new ArrayList<>(keys.keys);
  }

  private void collect(JsonNode node) {
    String reference = node.path("$ref").asText();
    if (!reference.isEmpty() && seen.add(reference)) {
      collect(schema.at(reference.substring(1)));
    }
    node.path("properties")
        .properties()
        .forEach(
            property -> {
              keys.add(property.getKey());
              collect(property.getValue());
            });
    if (node.has("items")) {
      collect(node.path("items"));
    }
    if (node.path("additionalProperties").isObject()) {
      collect(node.path("additionalProperties"));
    }
  }
}
