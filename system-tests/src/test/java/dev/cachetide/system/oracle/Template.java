package dev.cachetide.system.oracle;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.cachetide.system.oracle.Change.Row;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A template of a rule, and the oracle's own idea of what it names: docs/keys.md, written down a
 * second time.
 *
 * @param kind key, tag, version or pattern
 * @param prefix that no other template has
 * @param ending of a pattern; may be empty for others
 */
record Template(String kind, String prefix, List<Place> places, String ending) {

  /** Endings of patterns, with what they match and what not. */
  private static final List<List<List<String>>> ENDINGS =
      List.of(
          List.of(List.of(":*"), List.of(":", ":1", ":*", ":a:b"), List.of("")),
          List.of(List.of(":?"), List.of(":1", ":?", ":*"), List.of(":", ":12", "")),
          List.of(List.of(":[ab]*"), List.of(":a", ":b2"), List.of(":c", ":", ":[ab]x")),
          List.of(List.of(":x*y"), List.of(":xy", ":x*y", ":x1y"), List.of(":x", ":axy")));

  static List<String> endings() {
    return ENDINGS.stream().map(each -> each.get(0).get(0)).toList();
  }

  /** As the rule's file has it. */
  String text(boolean newImageOnly) {
    StringBuilder text = new StringBuilder(prefix);
    for (Place place : places) {
      String image = place.image.isEmpty() && newImageOnly ? "new." : place.image;
      text.append('{').append(image).append(spelled(place.column)).append(place.making);
      text.append('}').append(place.separator.replace("{", "{{").replace("}", "}}"));
    }
    return text.append(ending).toString();
  }

  private static String spelled(String column) {
    return column.matches("[\\w ]+") ? column : '"' + column.replace("\"", "\"\"") + '"';
  }

  /** The names that a change calls for. */
  Set<String> names(Row old, Row now) {
    Set<String> names = new LinkedHashSet<>();
    boolean bare = places.isEmpty() || places.stream().anyMatch(place -> place.image.isEmpty());
    if (!bare) {
      addNames(old, now, now, names);
      return names;
    }
    if (old != null) {
      addNames(old, now, old, names);
    }
    if (now != null) {
      addNames(old, now, now, names);
    }
    return names;
  }

  private void addNames(Row old, Row now, Row bare, Set<String> names) {
    List<String> beginnings = List.of(prefix);
    for (int i = 0; i < places.size(); i++) {
      Place place = places.get(i);
      Row row = place.image.equals("old.") ? old : place.image.equals("new.") ? now : bare;
      if (row == null) {
        return;
      }
      boolean last = i == places.size() - 1;
      String follows = last && place.separator.isEmpty() ? ending : place.separator;
      List<String> longer = new ArrayList<>();
      for (String beginning : beginnings) {
        for (String text : row.texts(place.column, place.making)) {
          longer.add(beginning + written(text, follows) + place.separator);
        }
      }
      beginnings = longer;
    }
    names.addAll(beginnings);
  }

  /** What stands in a key, by docs/keys.md. */
  private static String written(String text, String follows) {
    if (text == null) {
      return "%00";
    }
    String escaped = text.replace("%", "%25");
    if (follows.isEmpty()) {
      return escaped;
    }
    String delimiter = Character.toString(follows.codePointAt(0));
    String hex = "";
    for (byte unit : delimiter.getBytes(UTF_8)) {
      hex += "%%%02X".formatted(unit);
    }
    return escaped.replace(delimiter, hex);
  }

  /** Redis keys that must leave with a name. */
  List<String> leaving(String name) {
    return switch (kind) {
      case "tag" -> List.of("cachetide:tag:" + name + ending, "member:" + name + ending);
      case "version" -> List.of("cachetide:version:" + name + ending);
      case "pattern" -> endings(1).stream().map(end -> name + end).toList();
      default -> List.of(name + ending);
    };
  }

  /** Redis keys that look like it and must stay, unless something else names them. */
  List<String> alike(String name) {
    return kind.equals("pattern")
        ? endings(2).stream().map(end -> name + end).collect(Collectors.toList())
        : List.of();
  }

  private List<String> endings(int which) {
    return ENDINGS.stream()
        .filter(each -> each.get(0).get(0).equals(ending))
        .findFirst()
        .orElseThrow()
        .get(which);
  }

  /**
   * A placeholder.
   *
   * @param image empty for both, {@code old.} or {@code new.}
   * @param separator that follows it
   */
  record Place(String image, String column, String making, String separator) {}
}
