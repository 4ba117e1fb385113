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
    int end = closingBrace();
    if (end < 0) {
      return refuse("an opening brace without a closing one", "close it, or write {{ for a brace");
    }
    Reference reference;
    try {
      reference = ReferenceParser.parse(text.substring(at + 1, end));
    } catch (ReferenceParser.Mistake e) {
      return refuse(e.what(), e.fix());
    }
    endLiteral();
    if (!parts.isEmpty() && parts.get(parts.size() - 1) instanceof Part.Column) {
      return refuse(
          "two columns with nothing between them, so that different rows could share a key",
          "put a separator between them, such as }:{");
    }
    parts.add(new Part.Column(reference, -1));
    at = end + 1;
    return null;
  }

  /** The first one outside of quotes; -1 when there is none. */
  private int closingBrace() {
    boolean quoted = false;
    for (int i = at + 1; i < text.length(); i++) {
      quoted ^= text.charAt(i) == '"';
      if (text.charAt(i) == '}' && !quoted) {
        return i;
      }
    }
    return -1;
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
              "the text after {" + column.reference() + "} beginning with a hex digit or %",
              "begin it with a separator, such as :");
        }
        parts.set(i, new Part.Column(column.reference(), delimiter));
      }
    }
    return new Compiled(new KeyTemplate(text, parts));
  }

  private Refused refuse(String message, String fix) {
    return new Refused("key template '" + text + "' has " + message, fix);
  }
}
