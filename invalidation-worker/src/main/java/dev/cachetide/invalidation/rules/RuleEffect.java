package dev.cachetide.invalidation.rules;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cachetide.runtime.settings.RuleSettings;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a rule does, as a text that is equal in every process when that is: without its name and
 * where it stands, and with everything else that it says.
 *
 * <p>Everything else, by reflection: a key that rules learn later counts without anybody thinking
 * of it here, and the other mistake, a rule that changed unnoticed, would leave entries stale. That
 * two texts differ although the rules do the same is harmless: then too much leaves.
 */
final class RuleEffect {

  private static final int BYTES = 16;

  /** Where a rule stands; its source is counted once globs are filled in. */
  private static final Set<String> PASSED_OVER = Set.of("path", "name", "schema", "table");

  private RuleEffect() {}

  /** Of one rule, apart from the table. */
  static String text(RuleSettings rule) {
    return record(rule, PASSED_OVER);
  }

  /** Of several effects, in any order and any number of times. */
  static String fingerprint(Collection<String> effects) {
    String all = list(new TreeSet<>(effects));
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(all.getBytes(UTF_8));
      return HexFormat.of().formatHex(hash, 0, BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String record(Record value, Set<String> passedOver) {
    List<String> parts = new ArrayList<>();
    for (RecordComponent component : value.getClass().getRecordComponents()) {
      if (!passedOver.contains(component.getName())) {
        parts.add(component.getName());
        Object part = read(value, component);
        boolean condition = component.getName().equals("when");
        parts.add(part instanceof JsonNode json ? json(json, condition) : text(part));
      }
    }
    return list(parts);
  }

  private static @Nullable Object read(Record value, RecordComponent component) {
    try {
      return component.getAccessor().invoke(value);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("settings are public records", e);
    }
  }

  private static String text(@Nullable Object value) {
    if (value instanceof Record inner) {
      return record(inner, Set.of("path"));
    }
    if (value instanceof JsonNode json) {
      return json(json, false);
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, String> sorted = new TreeMap<>();
      map.forEach((key, each) -> sorted.put(String.valueOf(key), text(each)));
      return list(sorted.entrySet().stream().map(Object::toString).toList());
    }
    if (value instanceof Collection<?> several) {
      List<String> parts = several.stream().map(RuleEffect::text).toList();
      boolean inAnyOrder = several.stream().allMatch(Record.class::isInstance);
      return list(inAnyOrder ? new TreeSet<>(parts) : parts);
    }
    return String.valueOf(value);
  }

  /** The lists of a condition are sets: of operations, values, columns, alternatives. */
  private static String json(JsonNode node, boolean sets) {
    if (node.isObject()) {
      Map<String, String> sorted = new TreeMap<>();
      node.properties().forEach(entry -> sorted.put(entry.getKey(), json(entry.getValue(), sets)));
      return "{" + list(sorted.entrySet().stream().map(Object::toString).toList());
    }
    if (node.isArray()) {
      List<String> parts = node.valueStream().map(each -> json(each, sets)).toList();
      return "[" + list(sets ? new TreeSet<>(parts) : parts);
    }
    return node.isMissingNode() ? "" : node.toString();
  }

  /** With the length before each part, so that no two lists give the same text. */
  private static String list(Collection<String> parts) {
    StringBuilder text = new StringBuilder();
    parts.forEach(part -> text.append(part.length()).append(':').append(part));
    return text.toString();
  }
}
