package dev.cachetide.runtime.settings;

import dev.cachetide.wire.TableName;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tables that a rule is about: one by its name, or every one that a glob matches, in which
 * {@code *} stands for any characters, also none, and {@code ?} for one.
 *
 * @param schema name or glob
 * @param table name or glob
 */
public record TablePattern(String schema, String table) {

  private static final Pattern PIECE = Pattern.compile("[*?]|[^*?]+");

  /** Whether it may match more than one table. */
  public boolean isGlob() {
    return isGlob(schema) || isGlob(table);
  }

  private static boolean isGlob(String name) {
    return name.indexOf('*') >= 0 || name.indexOf('?') >= 0;
  }

  /** Whether it is about a table. */
  public boolean matches(TableName name) {
    return matches(schema, name.schema()) && matches(table, name.table());
  }

  private static boolean matches(String glob, String name) {
    return isGlob(glob) ? regex(glob).matcher(name).matches() : glob.equals(name);
  }

  private static Pattern regex(String glob) {
    String text =
        PIECE
            .matcher(glob)
            .replaceAll(
                piece ->
                    switch (piece.group()) {
                      case "*" -> ".*";
                      case "?" -> ".";
                      default -> Matcher.quoteReplacement(Pattern.quote(piece.group()));
                    });
    return Pattern.compile(text, Pattern.DOTALL);
  }

  /** The only table that it can be about. */
  public TableName only() {
    if (isGlob()) {
      throw new IllegalStateException(this + " may match several tables");
    }
    return new TableName(schema, table);
  }

  /** {@code schema.table}. */
  @Override
  public String toString() {
    return schema + "." + table;
  }
}
