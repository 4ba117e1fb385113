package dev.cachetide.key;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;

/** A piece of a template. */
sealed interface Part {

  /** A Redis glob for all that this piece can be. */
  String pattern();

  /** Text in which Redis sees no wildcard. */
  static String escaped(String text) {
    return text.replaceAll("[*?\\[\\]^\\\\]", "\\\\$0");
  }

  /** The same in every key. */
  record Literal(String text) implements Part {

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
  record Column(Reference reference, int delimiter) implements Part {

    private static final String NULL = "%00";

    /** The text as it stands in a key; null for NULL. */
    String written(@Nullable String text) {
      if (text == null) {
        return NULL;
      }
      StringBuilder key = new StringBuilder(text.length());
      text.codePoints().forEach(point -> write(point, key));
      return key.toString();
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
