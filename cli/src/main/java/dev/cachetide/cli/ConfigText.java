package dev.cachetide.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.cachetide.runtime.settings.EffectiveConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A configuration as YAML with a comment behind each value, or as a list of values. */
final class ConfigText {

  private static final String PLAIN = "[A-Za-z_][A-Za-z0-9_.-]*";
  private static final String SPEAKING = "(?i)true|false|yes|no|on|off|null|y|n";

  private final EffectiveConfig config;

  ConfigText(EffectiveConfig config) {
    this.config = config;
  }

  /** Lines that can be read again. */
  List<String> yaml() {
    List<String[]> lines = new ArrayList<>();
    mapping(config.tree(), "", "", List.of(), lines);
    int width =
        lines.stream().mapToInt(line -> line[0].length()).filter(it -> it < 60).max().orElse(0);
    return lines.stream()
        .map(
            line ->
                line[1].isEmpty()
                    ? line[0]
                    : line[0]
                        + " ".repeat(Math.max(0, width - line[0].length()))
                        + "  # "
                        + line[1])
        .toList();
  }

  /** The values one by one. */
  ArrayNode values(ObjectMapper mapper) {
    ArrayNode values = mapper.createArrayNode();
    values(config.tree(), List.of(), "", values);
    return values;
  }

  private void values(JsonNode node, List<Object> path, String name, ArrayNode values) {
    if (node.isContainerNode() && !node.isEmpty()) {
      for (Map.Entry<String, JsonNode> each : node.properties()) {
        String key =
            each.getKey().matches("[A-Za-z0-9_-]+") ? each.getKey() : '"' + each.getKey() + '"';
        values(
            each.getValue(),
            with(path, each.getKey()),
            name + (name.isEmpty() ? "" : ".") + key,
            values);
      }
      for (int i = 0; node.isArray() && i < node.size(); i++) {
        values(node.get(i), with(path, i), name + "[" + i + "]", values);
      }
      return;
    }
    ObjectNode value = values.addObject().put("path", name);
    value.set("value", node);
    value.put("from", config.origin(path));
  }

  private void mapping(
      ObjectNode mapping, String first, String indent, List<Object> path, List<String[]> lines) {
    String lead = first;
    for (Map.Entry<String, JsonNode> each : mapping.properties()) {
      node(
          lead + key(each.getKey()) + ":",
          indent,
          each.getValue(),
          with(path, each.getKey()),
          lines);
      lead = indent;
    }
  }

  private void node(
      String head, String indent, JsonNode node, List<Object> path, List<String[]> lines) {
    if (node instanceof ObjectNode inner && !inner.isEmpty()) {
      lines.add(new String[] {head, ""});
      mapping(inner, indent + "  ", indent + "  ", path, lines);
    } else if (node instanceof ArrayNode list && holdsMappings(list)) {
      lines.add(new String[] {head, ""});
      for (int i = 0; i < list.size(); i++) {
        if (list.get(i) instanceof ObjectNode each) {
          mapping(each, indent + "  - ", indent + "    ", with(path, i), lines);
        }
      }
    } else {
      // JSON is YAML
      lines.add(new String[] {head + " " + node, config.origin(path)});
    }
  }

  private static boolean holdsMappings(ArrayNode list) {
    return !list.isEmpty()
        && list.valueStream().allMatch(each -> each.isObject() && !each.isEmpty());
  }

  private static String key(String key) {
    return key.matches(PLAIN) && !key.matches(SPEAKING) ? key : new TextNode(key).toString();
  }

  private static List<Object> with(List<Object> path, Object step) {
    List<Object> longer = new ArrayList<>(path);
    longer.add(step);
    return longer;
  }
}
