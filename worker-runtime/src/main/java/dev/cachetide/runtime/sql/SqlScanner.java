package dev.cachetide.runtime.sql;

import dev.cachetide.runtime.sql.NamedSql.Parsing;
import dev.cachetide.runtime.sql.NamedSql.Piece;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells parameters from everything else that a colon can be, by Postgres's lexical rules. Brackets
 * must match: the query becomes a part of another one, and must not end there before its end.
 */
final class SqlScanner {

  private static final String LETTER = "[A-Za-z_\\x80-\\uffff]";
  private static final Pattern WORD = Pattern.compile(LETTER + "[A-Za-z_0-9$\\x80-\\uffff]*");
  private static final Pattern NUMBER = Pattern.compile("[0-9][A-Za-z_0-9.]*");
  private static final Pattern STRING = Pattern.compile("'[^']*+(?:''[^']*+)*+'");
  private static final Pattern ESCAPES =
      Pattern.compile("'[^'\\\\]*+(?:(?:''|\\\\.)[^'\\\\]*+)*+'", Pattern.DOTALL);
  private static final Pattern NAME = Pattern.compile("\"([^\"]*+(?:\"\"[^\"]*+)*+)\"");
  private static final Pattern LINE = Pattern.compile("--[^\\n]*+");
  private static final Pattern DOLLAR =
      Pattern.compile("\\$(?:" + LETTER + "[A-Za-z_0-9\\x80-\\uffff]*)?\\$");
  private static final String CLOSE_IT = "close it";

  private final String text;
  private final List<Piece> pieces = new ArrayList<>();
  private final StringBuilder literal = new StringBuilder();
  private final Deque<Character> open = new ArrayDeque<>();
  private int at;
  private String firstWord = "";
  private Parsing.@Nullable Refused refused;

  SqlScanner(String text) {
    this.text = text;
  }

  Parsing scan() {
    while (at < text.length() && refused == null) {
      step(text.charAt(at));
    }
    if (refused == null && !open.isEmpty()) {
      refuse("a bracket is not closed", CLOSE_IT);
    }
    if (refused == null && !List.of("select", "with").contains(firstWord)) {
      refuse("is no SELECT", "begin with SELECT or WITH; nothing else is ever sent");
    }
    if (refused != null) {
      return refused;
    }
    pieces.add(new Piece(literal.toString(), false));
    return new Parsing.Parsed(new NamedSql(text, pieces));
  }

  private void step(char c) {
    switch (c) {
      case '\'' -> need(STRING, "a string");
      case '"' -> need(NAME, "a quoted name");
      case '-' -> copyIf(LINE);
      case '/' -> comment();
      case '$' -> dollar();
      case ':' -> colon();
      case '?' -> copy("??", 1);
      case ';' ->
          refuse("holds a semicolon, and can be only one statement", "remove the semicolon");
      case '(', '[' -> {
        open.push(c);
        copy(1);
      }
      case ')', ']' -> close(c);
      default -> word();
    }
  }

  private void word() {
    Matcher word = at(WORD);
    if (!word.lookingAt()) {
      copyIf(NUMBER);
      return;
    }
    if (firstWord.isEmpty()) {
      firstWord = word.group().toLowerCase(Locale.ROOT);
    }
    copy(word.group().length());
    if (word.group().equalsIgnoreCase("e") && next(0) == '\'') {
      need(ESCAPES, "a string");
    }
  }

  private void close(char c) {
    if (open.isEmpty() || open.pop() != (c == ')' ? '(' : '[')) {
      refuse("'" + c + "' closes a bracket that is not open", "remove it");
    }
    copy(1);
  }

  /** Block comments nest in Postgres. */
  private void comment() {
    if (next(1) != '*') {
      copy(1);
      return;
    }
    int depth = 0;
    int end = at;
    do {
      if (text.startsWith("/*", end)) {
        depth++;
        end += 2;
      } else if (text.startsWith("*/", end)) {
        depth--;
        end += 2;
      } else {
        end++;
      }
    } while (depth > 0 && end < text.length());
    if (depth > 0) {
      refuse("a comment is not closed", CLOSE_IT);
    }
    copy(Math.min(end, text.length()) - at);
  }

  private void dollar() {
    Matcher tag = at(DOLLAR);
    if (tag.lookingAt()) {
      int end = text.indexOf(tag.group(), tag.end());
      if (end < 0) {
        refuse("a dollar quote is not closed", CLOSE_IT);
      }
      copy(end < 0 ? 1 : end + tag.group().length() - at);
    } else if (Character.isDigit(next(1))) {
      refuse("holds a parameter by number", "name the source's column instead, such as :id");
    } else {
      copy(1);
    }
  }

  private void colon() {
    Matcher quoted = at(NAME, at + 1);
    Matcher word = at(WORD, at + 1);
    if (next(1) == ':' || next(1) == '=') {
      copy(2);
    } else if (isSlice()) {
      copy(1);
    } else if (quoted.lookingAt()) {
      parameter(quoted.group(1).replace("\"\"", "\""), quoted.end());
    } else if (word.lookingAt()) {
      parameter(word.group(), word.end());
    } else {
      copy(1);
    }
  }

  /** Inside square brackets a colon after something parts two bounds. */
  private boolean isSlice() {
    String before = literal.toString().stripTrailing();
    return !open.isEmpty()
        && open.peek() == '['
        && (before.isEmpty() || "[,".indexOf(before.charAt(before.length() - 1)) < 0);
  }

  private void parameter(String name, int end) {
    pieces.add(new Piece(literal.toString(), false));
    pieces.add(new Piece(name, true));
    literal.setLength(0);
    at = end;
  }

  private void need(Pattern whole, String what) {
    Matcher matcher = at(whole);
    if (matcher.lookingAt()) {
      copy(matcher.group().length());
    } else {
      refuse(what + " is not closed", CLOSE_IT);
    }
  }

  private void copyIf(Pattern pattern) {
    Matcher matcher = at(pattern);
    copy(matcher.lookingAt() ? matcher.group().length() : 1);
  }

  private void copy(int length) {
    copy(text.substring(at, at + length), length);
  }

  private void copy(String written, int read) {
    literal.append(written);
    at += read;
  }

  private char next(int ahead) {
    return at + ahead < text.length() ? text.charAt(at + ahead) : ' ';
  }

  private Matcher at(Pattern pattern) {
    return at(pattern, at);
  }

  private Matcher at(Pattern pattern, int from) {
    return pattern.matcher(text).region(Math.min(from, text.length()), text.length());
  }

  private void refuse(String message, String fix) {
    refused = new Parsing.Refused(message, fix);
  }
}
