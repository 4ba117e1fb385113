package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import com.networknt.schema.path.NodePath;
import java.util.Optional;

/** Says in our own words what the schema's validator found, and what to write instead. */
final class SchemaMessages {

  private static final String NO_VALUE = "has no value";

  private final ConfigSchema schema;

  SchemaMessages(ConfigSchema schema) {
    this.schema = schema;
  }

  void report(JsonNode config, Problems problems) {
    for (Error error : schema.violations(config)) {
      ConfigPath path = path(error.getInstanceLocation());
      if (!problems.cover(path)) {
        report(error, path, path.in(config), problems);
      }
    }
  }

  private void report(Error error, ConfigPath path, JsonNode value, Problems problems) {
    String property = Optional.ofNullable(error.getProperty()).orElse("");
    switch (error.getKeyword()) {
      case "additionalProperties" ->
          problems.add(
              path.child(property),
              "the key '" + property + "' is not known",
              meant(path, property));
      case "required" ->
          problems.add(path.child(property), "is missing", add(path.child(property)));
      case "type" -> problems.add(path, type(path, value, problems), retype(path, value));
      case "enum" ->
          problems.add(
              path,
              problems.shown(path, value) + " is not one of " + choices(error),
              choice(error, value));
      case "minProperties" -> problems.add(path, "is empty", write(path));
      case "maxProperties" -> problems.add(path, "says more than one thing", write(path));
      case "minItems", "minLength" -> problems.add(path, "is empty", write(path));
      case "maxItems", "maxLength" ->
          problems.add(path, "is longer than " + error.getSchemaNode().asText(), write(path));
      case "minimum" ->
          problems.add(
              path, shown(path, value, problems) + " is below " + limit(error), write(path));
      case "maximum" ->
          problems.add(
              path, shown(path, value, problems) + " is above " + limit(error), write(path));
      default ->
          problems.add(
              path,
              isBlank(value) ? NO_VALUE : shown(path, value, problems) + " is not allowed",
              write(path));
    }
  }

  /** YAML gives a key without a value as null or as empty text, depending on what follows. */
  private static boolean isBlank(JsonNode value) {
    return value.isNull() || (value.isTextual() && value.textValue().isEmpty());
  }

  private static String shown(ConfigPath path, JsonNode value, Problems problems) {
    return problems.shown(path, value);
  }

  private static String limit(Error error) {
    return error.getSchemaNode().asText();
  }

  private String meant(ConfigPath holder, String property) {
    return Spelling.nearest(property, schema.keys(holder))
        .map(near -> "did you mean '" + near + "'?")
        .orElse("remove it, or use one of " + String.join(", ", schema.keys(holder)));
  }

  private String add(ConfigPath path) {
    String example = schema.example(path);
    return "add `" + path.last() + ": " + example + "` (" + schema.description(path) + ")";
  }

  private String write(ConfigPath path) {
    String example = schema.example(path);
    String description = schema.description(path);
    return "write " + description + (example.isEmpty() ? "" : ", such as " + example);
  }

  private String retype(ConfigPath path, JsonNode value) {
    boolean unquoted = (value.isNumber() || value.isBoolean()) && schema.wantsText(path);
    return unquoted ? "put it in double quotes" : write(path);
  }

  private String type(ConfigPath path, JsonNode value, Problems problems) {
    if (isBlank(value)) {
      return NO_VALUE;
    }
    String is =
        value.isObject() ? "a mapping" : value.isArray() ? "a list" : shown(path, value, problems);
    return is + " is not " + wanted(path);
  }

  private String wanted(ConfigPath path) {
    if (schema.wantsMapping(path)) {
      return "a mapping of keys to values";
    }
    if (schema.wantsList(path)) {
      return "a list";
    }
    if (schema.wantsBoolean(path)) {
      return "true or false";
    }
    if (schema.wantsNumber(path)) {
      return "a number";
    }
    return schema.wantsInteger(path) ? "a whole number" : "a single text value";
  }

  private static String choices(Error error) {
    return error.getSchemaNode().valueStream().map(JsonNode::asText).toList().toString();
  }

  private static String choice(Error error, JsonNode value) {
    var known = error.getSchemaNode().valueStream().map(JsonNode::asText).toList();
    return Spelling.nearest(value.asText(), known)
        .map(near -> "did you mean '" + near + "'?")
        .orElse("write one of " + String.join(", ", known));
  }

  private static ConfigPath path(NodePath location) {
    ConfigPath path = ConfigPath.ROOT;
    for (int i = 0; i < location.getNameCount(); i++) {
      path = path.child(location.getElement(i));
    }
    return path;
  }
}
