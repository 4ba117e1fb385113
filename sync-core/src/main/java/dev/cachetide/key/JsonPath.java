package dev.cachetide.key;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A piece of a json or jsonb column, by the plain part of Postgres's jsonpath: {@code $}, then
 * {@code .member}, {@code ."any member"}, {@code [0]} and {@code [*]}. What is not there is NULL;
 * {@code [*]} makes a key of every element.
 *
 * @param spelling the path as it was written
 * @param steps a member's name, a place in a list, or {@link #ALL}
 */
record JsonPath(String spelling, List<Object> steps) implements Format {

  /** Every element. */
  private static final Integer ALL = -1;

  private static final Pattern STEP =
      Pattern.compile(
          "\\.(?<plain>[\\w$]+)|\\.\"(?<quoted>[^\"]+)\"|\\[(?<place>\\d{1,6})]|\\[(?<all>\\*)]",
          Pattern.UNICODE_CHARACTER_CLASS);

  JsonPath {
    steps = List.copyOf(steps);
  }

  /** Null when it is no such path. */
  static @Nullable JsonPath of(String path) {
    if (!path.startsWith("$")) {
      return null;
    }
    List<Object> steps = new ArrayList<>();
    Matcher step = STEP.matcher(path).region(1, path.length());
    while (step.lookingAt()) {
      steps.add(step(step));
      step.region(step.end(), path.length());
    }
    return step.regionStart() == path.length() && !steps.isEmpty()
        ? new JsonPath(path, steps)
        : null;
  }

  private static Object step(Matcher step) {
    if (step.group("all") != null) {
      return ALL;
    }
    if (step.group("place") != null) {
      return Integer.valueOf(step.group("place"));
    }
    return step.group("plain") != null ? step.group("plain") : step.group("quoted");
  }

  @Override
  public boolean multiplies() {
    return steps.contains(ALL);
  }

  @Override
  public List<@Nullable String> apply(@Nullable String value) {
    if (value == null) {
      return multiplies() ? List.of() : Format.one(null);
    }
    List<@Nullable String> found = new ArrayList<>();
    collect(JsonText.parse(value), 0, found);
    return found;
  }

  private void collect(JsonNode node, int from, List<@Nullable String> found) {
    JsonNode at = node;
    for (int i = from; i < steps.size(); i++) {
      Object step = steps.get(i);
      if (step.equals(ALL)) {
        for (JsonNode element : at.isArray() ? at : List.<JsonNode>of()) {
          collect(element, i + 1, found);
        }
        return;
      }
      at = step instanceof Integer place ? at.path(place) : at.path((String) step);
    }
    found.add(JsonText.of(at));
  }

  @Override
  public String toString() {
    return "json:" + spelling;
  }
}
