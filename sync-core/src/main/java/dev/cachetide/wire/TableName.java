package dev.cachetide.wire;

/**
 * A table as the catalogue spells it: case counts and nothing is quoted.
 *
 * @param schema never empty; may hold dots, but then no text that {@link #parse} reads names it
 * @param table never empty; may hold dots
 */
public record TableName(String schema, String table) implements Comparable<TableName> {

  /**
   * Checks the names.
   *
   * @throws IllegalArgumentException when one is empty
   */
  public TableName {
    if (schema.isEmpty() || table.isEmpty()) {
      throw new IllegalArgumentException("not schema.table or table");
    }
  }

  /**
   * Reads {@code schema.table}, split at the first dot, or a bare table of schema {@code public}.
   *
   * @throws IllegalArgumentException when either part is empty
   */
  public static TableName parse(String text) {
    int dot = text.indexOf('.');
    return dot < 0
        ? new TableName("public", text)
        : new TableName(text.substring(0, dot), text.substring(dot + 1));
  }

  @Override
  public int compareTo(TableName other) {
    int bySchema = schema.compareTo(other.schema);
    return bySchema != 0 ? bySchema : table.compareTo(other.table);
  }

  /** {@code schema.table}, as {@link #parse} reads it. */
  @Override
  public String toString() {
    return schema + "." + table;
  }
}
