package dev.cachetide.key;

import dev.cachetide.key.KeyTemplate.Compilation;
import dev.cachetide.key.KeyTemplate.Compilation.Compiled;
import dev.cachetide.key.KeyTemplate.Compilation.Refused;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a template once, from left to right. */
final class TemplateParser {

  private final String text;
  private final List<Part> parts = new ArrayList<>();
  private final StringBuilder literal = new StringBuilder();
  private int at;

  TemplateParser(String text) {
    this.text = text;
  }

  Compilation parse() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if ((c == '{' || c == '}') && at + 1 < text.length() && text.charAt(at + 1) == c) {
        literal.append(c);
        at += 2;
      } else if (c == '}') {
        return refuse("a closing brace without an opening one", "write }} for a literal brace");
      } else if (c == '{') {
        Refused refused = column();
        if (refused != null) {
          return refused;
        }
      } else {
        literal.append(c);
        at++;
      }
    }
    endLiteral();
    return finish();
  }

  /** Null when nothing is wrong. */
  private @Nullable Refused column() {
    int end = text.indexOf('}', at);
    if (end < 0) {
      return refuse("an opening brace without a closing one", "close it, or write {{ for a brace");
    }
    String name = text.substring(at + 1, end).strip();
    if (name.isEmpty() || name.contains("{")) {
      return refuse("a placeholder without a column name", "write a column between the braces");
    }
    endLiteral();
    if (!parts.isEmpty() && parts.get(parts.size() - 1) instanceof Part.Column) {
      return refuse(
          "two columns with nothing between them, so that different rows could share a key",
          "put a separator between them, such as }:{");
    }
    parts.add(new Part.Column(name, -1));
    at = end + 1;
    return null;
  }

  private void endLiteral() {
    if (!literal.isEmpty()) {
      parts.add(new Part.Literal(literal.toString()));
      literal.setLength(0);
    }
  }

  private Compilation finish() {
    if (parts.isEmpty() || !(parts.get(0) instanceof Part.Literal)) {
      return refuse(
          "no fixed beginning, so that evicting the table's keys would evict every key",
          "begin with a prefix, such as user:" + text);
    }
    for (int i = 0; i + 1 < parts.size(); i++) {
      if (parts.get(i) instanceof Part.Column column
          && parts.get(i + 1) instanceof Part.Literal next) {
        int delimiter = next.text().codePointAt(0);
        if (delimiter == '%' || Character.digit(delimiter, 16) >= 0) {
          return refuse(
              "the text after {" + column.name() + "} beginning with a hex digit or %",
              "begin it with a separator, such as :");
        }
        parts.set(i, new Part.Column(column.name(), delimiter));
      }
    }
    return new Compiled(new KeyTemplate(text, parts));
  }

  private Refused refuse(String message, String fix) {
    return new Refused("key template '" + text + "' has " + message, fix);
  }
}
