package dev.cachetide.key;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A piece of a template. */
sealed interface Part {

  /** Appends what this piece is for one row. */
  void write(Map<String, @Nullable String> row, StringBuilder key);

  /** A Redis glob for all that this piece can be. */
  String pattern();

  /** Text in which Redis sees no wildcard. */
  static String escaped(String text) {
    return text.replaceAll("[*?\\[\\]^\\\\]", "\\\\$0");
  }

  /** The same in every key. */
  record Literal(String text) implements Part {

    @Override
    public void write(Map<String, @Nullable String> row, StringBuilder key) {
      key.append(text);
    }

    @Override
    public String pattern() {
      return escaped(text);
    }
  }

  /**
   * A column's value.
   *
   * @param delimiter the code point that follows it in the template; -1 at the end
   */
  record Column(String name, int delimiter) implements Part {

    private static final String NULL = "%00";

    @Override
    public void write(Map<String, @Nullable String> row, StringBuilder key) {
      String value = row.get(name);
      if (value != null) {
        value.codePoints().forEach(point -> write(point, key));
      } else if (row.containsKey(name)) {
        key.append(NULL);
      } else {
        throw new IllegalArgumentException("the row has no column " + name);
      }
    }

    private void write(int point, StringBuilder key) {
      if (point != '%' && point != delimiter) {
        key.appendCodePoint(point);
        return;
      }
      for (byte unit : Character.toString(point).getBytes(UTF_8)) {
        key.append('%')
            .append(Character.toUpperCase(Character.forDigit((unit >> 4) & 0xF, 16)))
            .append(Character.toUpperCase(Character.forDigit(unit & 0xF, 16)));
      }
    }

    @Override
    public String pattern() {
      return "*";
    }
  }
}
