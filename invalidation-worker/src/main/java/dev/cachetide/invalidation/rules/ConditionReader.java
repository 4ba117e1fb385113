package dev.cachetide.invalidation.rules;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.invalidation.rules.ValueTest.Comparison;
import dev.cachetide.key.Reference.Image;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The {@code when} of a rule, which the configuration's schema has checked, as a condition. */
final class ConditionReader {

  private ConditionReader() {}

  /**
   * Reads it.
   *
   * @param path of the node in the file
   */
  static Condition read(JsonNode when, String path) {
    List<Condition> all = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : when.properties()) {
      all.add(read(entry.getKey(), entry.getValue(), path + "." + entry.getKey()));
    }
    return all.size() == 1 ? all.get(0) : new Condition.All(all);
  }

  private static Condition read(String key, JsonNode node, String path) {
    return switch (key) {
      case "op" ->
          new Condition.Op(
              node.valueStream()
                  .map(op -> Operation.valueOf(op.asText().toUpperCase(Locale.ROOT)))
                  .collect(Collectors.toSet()));
      case "changed" ->
          new Condition.Changed(path, node.valueStream().map(JsonNode::asText).toList());
      case "old" -> row(Image.OLD, node, path);
      case "new" -> row(Image.NEW, node, path);
      case "row" -> row(Image.EITHER, node, path);
      case "any" -> any(node, path);
      case "not" -> new Condition.Not(read(node, path));
      default -> throw new IllegalArgumentException("no condition is called " + key);
    };
  }

  private static Condition any(JsonNode list, String path) {
    List<Condition> any = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      any.add(read(list.path(i), path + "[" + i + "]"));
    }
    return new Condition.Any(any);
  }

  private static Condition row(Image image, JsonNode node, String path) {
    Map<String, ValueTest> tests = new LinkedHashMap<>();
    node.properties().forEach(column -> tests.put(column.getKey(), test(column.getValue())));
    return new Condition.Row(path, image, tests);
  }

  private static ValueTest test(JsonNode node) {
    if (node.isNull()) {
      return new ValueTest.IsNull();
    }
    if (node.isArray()) {
      return new ValueTest.OneOf(node.valueStream().map(ConditionReader::test).toList());
    }
    if (node.isNumber()) {
      return new ValueTest.Compared(Comparison.EQUAL, node.decimalValue());
    }
    return node.isObject() ? all(node) : new ValueTest.Is(node.asText());
  }

  private static ValueTest all(JsonNode node) {
    List<ValueTest> tests = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      tests.add(test(entry.getKey(), entry.getValue()));
    }
    return new ValueTest.AllOf(tests);
  }

  private static ValueTest test(String key, JsonNode node) {
    return switch (key) {
      case "not" -> new ValueTest.IsNot(test(node));
      case "like" -> ValueTest.Like.of(node.asText());
      default ->
          new ValueTest.Compared(
              Comparison.valueOf(key.toUpperCase(Locale.ROOT)), node.decimalValue());
    };
  }
}
