package dev.cachetide.key;

import dev.cachetide.key.KeyTemplate.Compilation;
import dev.cachetide.key.KeyTemplate.Compilation.Compiled;
import dev.cachetide.key.KeyTemplate.Compilation.Refused;
import java.util.List;

/** Whether the wildcards of a glob's template stay within its fixed text. */
final class Wildcards {

  private static final String SPECIAL = "*?[\\";

  private Wildcards() {}

  static Compilation checked(KeyTemplate template, List<Part> parts) {
    for (int i = 0; i < parts.size(); i++) {
      if (parts.get(i) instanceof Part.Literal literal) {
        boolean special = SPECIAL.indexOf(literal.text().charAt(0)) >= 0;
        if (special && i == 0) {
          return refuse(
              template,
              "no fixed beginning, so that it could match every key",
              "begin with a prefix, such as user:" + template);
        }
        if (special) {
          return refuse(
              template,
              "a wildcard directly after a column, so that other rows' keys could match",
              "put a separator between them, such as }:*");
        }
        if (!isComplete(literal.text())) {
          return refuse(
              template,
              "a [ without its ], or a \\ with nothing to escape",
              "complete it before the next column");
        }
      }
    }
    return new Compiled(template);
  }

  private static boolean isComplete(String text) {
    boolean open = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\') {
        i++;
        if (i == text.length()) {
          return false;
        }
      } else if (c == '[') {
        open = true;
      } else if (c == ']') {
        open = false;
      }
    }
    return !open;
  }

  private static Refused refuse(KeyTemplate template, String message, String fix) {
    return new Refused("pattern template '" + template + "' has " + message, fix);
  }
}
