package dev.cachetide.invalidation.refresh;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * SQL with {@code :column} in it, as the driver takes it. Pure.
 *
 * @param pieces the text around the columns, one more than there are columns, the driver's question
 *     marks escaped
 * @param columns in the order in which they stand there; one may stand there twice
 */
public record DerivedQuery(List<String> pieces, List<String> columns) {

  /** Quoted text, names, comments and casts, in which a colon begins no column; then a column. */
  private static final Pattern TOKEN =
      Pattern.compile(
          "'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\\n]*|(?s:/\\*.*?\\*/)"
              + "|(?s:\\$([A-Za-z_]*)\\$.*?\\$\\1\\$)|::|:([A-Za-z_][A-Za-z0-9_]*)");

  /** Copies the lists. */
  public DerivedQuery {
    pieces = List.copyOf(pieces);
    columns = List.copyOf(columns);
  }

  /** Reads SQL. */
  public static DerivedQuery parse(String sql) {
    List<String> pieces = new ArrayList<>();
    List<String> columns = new ArrayList<>();
    Matcher token = TOKEN.matcher(sql);
    int from = 0;
    while (token.find()) {
      String column = token.group(2);
      if (column != null) {
        pieces.add(sql.substring(from, token.start()).replace("?", "??"));
        columns.add(column);
        from = token.end();
      }
    }
    pieces.add(sql.substring(from).replace("?", "??"));
    return new DerivedQuery(pieces, columns);
  }

  /**
   * With a parameter for each column, an array of the column's type.
   *
   * @param types of the columns, in their order, ready for a cast
   */
  String sql(List<String> types) {
    StringBuilder sql = new StringBuilder(pieces.get(0));
    for (int i = 0; i < columns.size(); i++) {
      sql.append("?::").append(types.get(i)).append("[]").append(pieces.get(i + 1));
    }
    return sql.toString();
  }
}
