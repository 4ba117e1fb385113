package dev.cachetide.key;

import dev.cachetide.key.Reference.Image;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what stands between two braces: {@code old."Unit price"[]|date:yyyy|lower}. */
final class ReferenceParser {

  private static final Pattern COLUMN =
      Pattern.compile(
          "\\s*(?<image>old\\.|new\\.)?\\s*"
              + "(\"(?<quoted>([^\"]|\"\")+)\"|(?<plain>(?!old\\.|new\\.)[^\\[\\]|{}\"]+?))"
              + "\\s*(?<each>\\[])?\\s*(?=\\||\\z)");

  private ReferenceParser() {}

  /**
   * Reads one.
   *
   * @throws Mistake that says what is wrong
   */
  static Reference parse(String inside) throws Mistake {
    if (inside.isBlank()) {
      throw new Mistake("a placeholder without a column name", "write a column between the braces");
    }
    Matcher column = COLUMN.matcher(inside);
    if (!column.lookingAt()) {
      throw new Mistake(
          "a placeholder {" + inside + "} that is no column",
          "write a column, as in {id}; put quotes around a name with [ ] | { } or \"");
    }
    return new Reference(
        image(column),
        name(column),
        column.group("each") != null,
        formats(inside.substring(column.end())));
  }

  private static Image image(Matcher column) {
    String prefix = column.group("image");
    return prefix == null ? Image.EITHER : prefix.equals("old.") ? Image.OLD : Image.NEW;
  }

  private static String name(Matcher column) {
    String quoted = column.group("quoted");
    return quoted == null ? column.group("plain") : quoted.replace("\"\"", "\"");
  }

  private static List<Format> formats(String suffix) throws Mistake {
    List<Format> formats = new ArrayList<>();
    for (String each : split(suffix)) {
      formats.add(format(each.strip()));
    }
    return formats;
  }

  /** At each bar outside of quotes. */
  private static List<String> split(String suffix) {
    List<String> pieces = new ArrayList<>();
    StringBuilder piece = new StringBuilder();
    boolean quoted = false;
    for (int i = 1; i <= suffix.length(); i++) {
      char c = i == suffix.length() ? '|' : suffix.charAt(i);
      quoted ^= c == '"';
      if (i == suffix.length() || (c == '|' && !quoted)) {
        pieces.add(piece.toString());
        piece.setLength(0);
      } else {
        piece.append(c);
      }
    }
    return suffix.isEmpty() ? List.of() : pieces;
  }

  private static Format format(String text) throws Mistake {
    int colon = text.indexOf(':');
    String name = colon < 0 ? text : text.substring(0, colon);
    String argument = colon < 0 ? "" : text.substring(colon + 1);
    if (colon >= 0 && List.of("lower", "upper", "hash").contains(name)) {
      throw new Mistake("a format '" + name + "' with an argument", "write |" + name + " alone");
    }
    return switch (name) {
      case "lower" -> new Format.Lower();
      case "upper" -> new Format.Upper();
      case "hash" -> new Format.Hash();
      case "date" -> date(argument);
      case "json" -> json(argument);
      default ->
          throw new Mistake(
              "an unknown format '" + name + "'", "use one of " + String.join(", ", Format.NAMES));
    };
  }

  private static Format date(String argument) throws Mistake {
    try {
      if (!argument.isBlank()) {
        return DateFormat.of(argument);
      }
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new Mistake(
          "a date pattern '" + argument + "' that Java does not know: " + e.getMessage(),
          "write one such as date:yyyy-MM-dd or date:yyyy-MM-dd@Europe/Berlin");
    }
    throw new Mistake("a format 'date' without a pattern", "write one such as date:yyyy-MM-dd");
  }

  private static Format json(String argument) throws Mistake {
    JsonPath path = JsonPath.of(argument);
    if (path == null) {
      throw new Mistake(
          "a json path '" + argument + "' that is no plain path to a member",
          "write one such as json:$.address.city, json:$.items[0] or json:$.tags[*]");
    }
    return path;
  }

  /** What is wrong with a placeholder. */
  static final class Mistake extends Exception {
    private static final long serialVersionUID = 1L;

    private final String fix;

    Mistake(String message, String fix) {
      super(message, null, false, false);
      this.fix = fix;
    }

    /** What is wrong, to stand after "has". */
    String what() {
      return String.valueOf(getMessage());
    }

    /** What to write instead. */
    String fix() {
      return fix;
    }
  }
}
