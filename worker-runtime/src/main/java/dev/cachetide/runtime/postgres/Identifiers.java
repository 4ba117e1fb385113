package dev.cachetide.runtime.postgres;

import dev.cachetide.wire.TableName;

/** Names in SQL text. */
public final class Identifiers {

  private Identifiers() {}

  /** The name in double quotes, safe in any SQL text whatever it holds. */
  public static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** {@code "schema"."table"}. */
  public static String quoted(TableName table) {
    return quoted(table.schema()) + "." + quoted(table.table());
  }
}
