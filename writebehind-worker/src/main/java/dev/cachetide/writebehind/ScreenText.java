package dev.cachetide.writebehind;

import dev.cachetide.runtime.postgres.Identifiers;
import java.util.List;
import java.util.StringJoiner;

/**
 * The SQL text of questions about values that were not written yet.
 *
 * <p>Each column is one {@code text[]} parameter, and is cast to its type inside; the answer is the
 * ordinals of those that are at fault.
 */
final class ScreenText {

  private ScreenText() {}

  /** Values of the columns of a check constraint that it refuses. */
  static String failing(TargetTable table, TargetTable.Check check) {
    StringJoiner typed = new StringJoiner(",");
    typed.add("u.n AS \"cachetide's ordinal\"");
    for (int i = 0; i < check.columns().size(); i++) {
      String name = Identifiers.quoted(check.columns().get(i));
      typed.add(typed(i, table.known(check.columns().get(i)).type()) + " AS " + name);
    }
    return "SELECT \"cachetide's ordinal\" FROM (SELECT "
        + typed
        + " FROM "
        + values(check.columns().size())
        + ") AS v WHERE NOT ("
        + check.expression()
        + ")";
  }

  /** Values of the columns of a foreign key that no row of the parent has. */
  static String orphans(TargetTable table, TargetTable.Parent parent) {
    return "SELECT u.n FROM "
        + values(parent.columns().size())
        + " WHERE NOT "
        + isThere(table, parent);
  }

  /** Those that a row has. */
  static String present(TargetTable table, TargetTable.Parent parent) {
    return "SELECT u.n FROM "
        + values(parent.columns().size())
        + " WHERE "
        + isThere(table, parent);
  }

  private static String isThere(TargetTable table, TargetTable.Parent parent) {
    StringJoiner match = new StringJoiner(" AND ");
    for (int i = 0; i < parent.columns().size(); i++) {
      match.add(
          "p."
              + Identifiers.quoted(parent.parentColumns().get(i))
              + "="
              + typed(i, table.known(parent.columns().get(i)).type()));
    }
    return "EXISTS (SELECT FROM "
        + Identifiers.quoted(parent.table())
        + " AS p WHERE "
        + match
        + ")";
  }

  /** Keys, and values of a unique index that a row with another key has; with that row's key. */
  static String taken(TargetTable table, List<String> unique) {
    StringJoiner key = new StringJoiner(" AND ");
    StringJoiner holder = new StringJoiner(",");
    StringJoiner match = new StringJoiner(" AND ");
    int keys = table.key().size();
    for (int i = 0; i < keys; i++) {
      TargetColumn column = table.key().get(i);
      String quoted = "t." + Identifiers.quoted(column.name());
      key.add(quoted + "=" + typed(i, column.type()));
      holder.add(quoted + "::text");
    }
    for (int i = 0; i < unique.size(); i++) {
      match.add(
          "t."
              + Identifiers.quoted(unique.get(i))
              + "="
              + typed(keys + i, table.known(unique.get(i)).type()));
    }
    return "SELECT u.n, ARRAY["
        + holder
        + "] FROM "
        + values(keys + unique.size())
        + " JOIN "
        + table.quoted()
        + " AS t ON "
        + match
        + " WHERE NOT ("
        + key
        + ")";
  }

  /** Rows that have one of the values in a column: its text, and those of the key's columns. */
  static String holders(TargetTable table, TargetColumn unique) {
    String column = Identifiers.quoted(unique.name());
    StringJoiner texts = new StringJoiner(",");
    texts.add(column + "::text");
    table.key().forEach(key -> texts.add(Identifiers.quoted(key.name()) + "::text"));
    return "SELECT "
        + texts
        + " FROM "
        + table.quoted()
        + " WHERE "
        + column
        + "=ANY(?::text[]::"
        + unique.type().cast()
        + "[])";
  }

  private static String typed(int parameter, PgType type) {
    return "u.c" + (parameter + 1) + "::" + type.cast();
  }

  private static String values(int columns) {
    StringJoiner arrays = new StringJoiner(",");
    StringJoiner names = new StringJoiner(",");
    for (int i = 1; i <= columns; i++) {
      arrays.add("?::text[]");
      names.add("c" + i);
    }
    return "unnest(" + arrays + ") WITH ORDINALITY AS u(" + names + ",n)";
  }
}
