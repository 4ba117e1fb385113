package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The published JSON Schema of the file: checks structure, and explains what belongs where. */
final class ConfigSchema {

  private final JsonNode root;
  private final Schema schema;

  ConfigSchema() {
    root = resource();
    schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(root);
  }

  private static JsonNode resource() {
    try (InputStream in = ConfigSchema.class.getResourceAsStream("config.schema.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException("config.schema.json on the class path", e);
    }
  }

  List<Error> violations(JsonNode config) {
    return schema.validate(config);
  }

  /** What a value is for, as a phrase; empty when the schema knows no such path. */
  String description(ConfigPath path) {
    return annotation(path, "description").asText();
  }

  /** A value that would do, as it is written in YAML; empty when the schema has none. */
  String example(ConfigPath path) {
    JsonNode example = annotation(path, "examples").path(0);
    if (!example.isTextual() || example.textValue().matches("[\\[{].*")) {
      return example.asText();
    }
    boolean quoted = example.textValue().matches(".*[{}$:].*");
    return quoted ? '"' + example.textValue() + '"' : example.textValue();
  }

  /** The keys that a mapping may hold by name. */
  List<String> keys(ConfigPath path) {
    List<String> keys = new ArrayList<>();
    annotation(path, "properties").fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  boolean wantsInteger(ConfigPath path) {
    return annotation(path, "type").asText().equals("integer");
  }

  boolean wantsBoolean(ConfigPath path) {
    return annotation(path, "type").asText().equals("boolean");
  }

  boolean wantsText(ConfigPath path) {
    return annotation(path, "type").asText().equals("string");
  }

  boolean wantsNumber(ConfigPath path) {
    return annotation(path, "type").asText().equals("number");
  }

  boolean wantsMapping(ConfigPath path) {
    return annotation(path, "type").asText().equals("object");
  }

  boolean wantsList(ConfigPath path) {
    return annotation(path, "type").asText().equals("array");
  }

  /** Whether a mapping takes keys that the schema does not name. */
  boolean isOpen(ConfigPath path) {
    return annotation(path, "additionalProperties").isObject();
  }

  /** The default that the schema publishes; missing when it has none. */
  JsonNode publishedDefault(ConfigPath path) {
    return annotation(path, "default");
  }

  /** What stands beside a {@code $ref} wins over what stands behind it. */
  private JsonNode annotation(ConfigPath path, String keyword) {
    JsonNode node = at(path);
    return node.has(keyword) ? node.path(keyword) : behind(node).path(keyword);
  }

  private JsonNode at(ConfigPath path) {
    JsonNode node = root;
    for (Object step : path.steps()) {
      node = below(behind(node), step);
    }
    return node;
  }

  private static JsonNode below(JsonNode node, Object step) {
    if (step instanceof Integer) {
      return node.path("items");
    }
    JsonNode named = node.path("properties").path((String) step);
    JsonNode other = node.path("additionalProperties");
    return !named.isMissingNode() ? named : other.isObject() ? other : MissingNode.getInstance();
  }

  private JsonNode behind(JsonNode node) {
    String reference = node.path("$ref").asText();
    return reference.isEmpty() ? node : root.at(reference.substring(1));
  }
}
