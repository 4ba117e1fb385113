package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Where a value stands in the file.
 *
 * @param steps a String for each key, an Integer for each place in a list
 */
record ConfigPath(List<Object> steps) {

  static final ConfigPath ROOT = new ConfigPath(List.of());

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_-]+");

  ConfigPath {
    steps = List.copyOf(steps);
  }

  static ConfigPath of(Object... steps) {
    return new ConfigPath(List.of(steps));
  }

  ConfigPath child(Object step) {
    List<Object> longer = new ArrayList<>(steps);
    longer.add(step);
    return new ConfigPath(longer);
  }

  ConfigPath parent() {
    return new ConfigPath(steps.subList(0, steps.size() - 1));
  }

  boolean isRoot() {
    return steps.isEmpty();
  }

  boolean startsWith(ConfigPath other) {
    return steps.size() >= other.steps.size()
        && steps.subList(0, other.steps.size()).equals(other.steps);
  }

  /** The last key or place. */
  String last() {
    return String.valueOf(steps.get(steps.size() - 1));
  }

  /** The value there; a missing node where there is none. */
  JsonNode in(JsonNode root) {
    JsonNode node = root;
    for (Object step : steps) {
      node = step instanceof Integer place ? node.path(place) : node.path((String) step);
    }
    return node;
  }

  /** {@code rules[0].evict[1].key}, {@code kafka."linger.ms"}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Object step : steps) {
      if (step instanceof Integer place) {
        text.append('[').append(place).append(']');
      } else {
        String key = (String) step;
        text.append(text.isEmpty() ? "" : ".");
        text.append(PLAIN.matcher(key).matches() ? key : '"' + key + '"');
      }
    }
    return text.isEmpty() ? "(whole file)" : text.toString();
  }
}
