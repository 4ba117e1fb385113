package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A configuration as the programs see it: the file, the environment over it, defaults where neither
 * says anything, and where each value is from. Nothing secret is in it: what came out of a secret
 * store stands as its reference, what is secret by its name or form as {@value #HIDDEN}.
 */
public final class EffectiveConfig {

  /** In place of what is not shown. */
  public static final String HIDDEN = "***";

  private static final Pattern USER_INFO = Pattern.compile("(://)[^/@\\s]*@");
  private static final Pattern REFERENCE = Pattern.compile("\\$\\{[^}:]*:[^}]*}");

  /** Without these a pipeline may do, so none of their values is assumed. */
  private static final Set<String> OPTIONAL = Set.of("postgres", "kafka", "redis");

  private static final Set<String> LISTS = Set.of("rules", "writes");

  private final ConfigSchema schema = new ConfigSchema();
  private final Problems problems;
  private final String file;
  private final ObjectNode written;
  private final ObjectNode tree;
  private final Set<ConfigPath> defaults = new HashSet<>();
  private final RuleOrigins origins;

  private EffectiveConfig(Path path, ObjectNode config, Map<String, String> environment) {
    file = path.toString();
    problems = new Problems(file);
    tree = config;
    new EnvironmentOverlay(schema).apply(tree, environment, problems);
    written = tree.deepCopy();
    new Secrets(environment).resolve(tree, problems);
    origins = RuleFolder.merge(path, tree, problems);
    fill(tree, ConfigPath.ROOT);
    redact(tree, ConfigPath.ROOT);
  }

  /**
   * Reads a configuration that {@link SettingsLoader} has accepted.
   *
   * @return empty when the file can no longer be read
   */
  public static Optional<EffectiveConfig> of(Path file, Map<String, String> environment) {
    return new YamlFile()
        .read(file, new Problems(file.toString()))
        .map(config -> new EffectiveConfig(file, config, environment));
  }

  /** All of it. */
  public ObjectNode tree() {
    return tree;
  }

  /**
   * Where a value is from: {@code default}, a file, or {@code environment CACHETIDE_…}.
   *
   * @param path keys, and places in lists, from the root
   */
  public String origin(List<Object> path) {
    ConfigPath at = new ConfigPath(path);
    if (defaults.contains(at)) {
      return "default";
    }
    return problems
        .variable(at)
        .map(variable -> "environment " + variable)
        .orElseGet(
            () -> origins.located(List.of(new Problem(file, at.toString(), "", ""))).get(0).file());
  }

  private void fill(ObjectNode mapping, ConfigPath path) {
    for (String key : schema.keys(path)) {
      ConfigPath child = path.child(key);
      JsonNode value = mapping.path(key);
      if (value instanceof ObjectNode inner) {
        fill(inner, child);
      } else if (value instanceof ArrayNode list) {
        fill(list, child);
      } else if (value.isMissingNode()) {
        assume(mapping, child);
      }
    }
  }

  private void fill(ArrayNode list, ConfigPath path) {
    for (int i = 0; i < list.size(); i++) {
      if (list.get(i) instanceof ObjectNode each) {
        fill(each, path.child(i));
      }
    }
  }

  private void assume(ObjectNode mapping, ConfigPath child) {
    // What a refresh takes depends on its mode: a default may be nothing that it could say.
    JsonNode published = schema.publishedDefault(child);
    boolean inList = LISTS.contains(String.valueOf(child.steps().get(0)));
    if (child.equals(ConfigPath.of("invalidation", "topicPrefix"))) {
      mapping.set(child.last(), TextNode.valueOf(tree.path("pipeline").asText()));
      defaults.add(child);
    } else if (!published.isMissingNode() && !child.steps().contains("refresh")) {
      mapping.set(child.last(), published);
      defaults.add(child);
    } else if (schema.wantsMapping(child) && !inList && !OPTIONAL.contains(child.last())) {
      ObjectNode section = mapping.putObject(child.last());
      fill(section, child);
      if (section.isEmpty()) {
        mapping.remove(child.last());
      }
    }
  }

  private void redact(JsonNode node, ConfigPath path) {
    if (node instanceof ObjectNode mapping) {
      for (Map.Entry<String, JsonNode> entry : mapping.properties()) {
        ConfigPath child = path.child(entry.getKey());
        if (path.isRoot() && LISTS.contains(entry.getKey())) {
          continue; // names, conditions and templates, in which no reference is resolved
        }
        redact(entry.getValue(), child);
        if (entry.getValue().isValueNode() && !defaults.contains(child)) {
          entry.setValue(shown(child, entry.getValue()));
        }
      }
    }
  }

  private JsonNode shown(ConfigPath path, JsonNode value) {
    JsonNode before = path.in(written);
    if (before.isTextual() && REFERENCE.matcher(before.textValue()).find()) {
      String references =
          REFERENCE
              .matcher(before.textValue())
              .results()
              .map(it -> it.group())
              .reduce("", String::concat);
      boolean alone = references.equals(before.textValue());
      return TextNode.valueOf(alone ? references : HIDDEN + " (" + references + ")");
    }
    if (!value.isTextual()) {
      return problems.isSecret(path, value) ? TextNode.valueOf(HIDDEN) : value;
    }
    String masked = USER_INFO.matcher(value.textValue()).replaceAll("$1" + HIDDEN + "@");
    boolean addressOnly = path.last().equals("url") && !masked.contains("password=");
    boolean secret = problems.isSecret(path, value) || masked.contains("password=");
    return TextNode.valueOf(secret && !addressOnly ? HIDDEN : masked);
  }
}
