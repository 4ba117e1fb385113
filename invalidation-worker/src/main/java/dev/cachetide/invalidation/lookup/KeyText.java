package dev.cachetide.invalidation.lookup;

/**
 * SQL that turns a value into the text which the change events of its own table carry, so that a
 * key which is built from a related row is the one that the row's own rule builds. See
 * docs/keys.md.
 */
final class KeyText {

  private KeyText() {}

  /**
   * The text of an expression; NULL stays NULL.
   *
   * @param typeName of the expression, as the driver tells it
   */
  static String of(String expression, String typeName) {
    if (typeName.startsWith("_")) {
      return "pg_catalog.array_to_json(" + expression + ")::text";
    }
    return switch (typeName) {
      case "bytea" -> "pg_catalog.encode(" + expression + ", 'hex')";
      case "float4", "float8" -> expression + "::text::numeric::text";
      case "date" -> expression + "::text || 'Z'";
      case "time" -> expression + "::text || 'Z'";
      case "timetz" -> "replace((" + expression + " AT TIME ZONE 'UTC')::text, '+00', 'Z')";
      case "timestamp" -> "replace(" + expression + "::text, ' ', 'T') || 'Z'";
      case "timestamptz" -> moment(expression);
      default -> expression + "::text";
    };
  }

  /** Events tell it with six digits always, unlike a timestamp. */
  private static String moment(String expression) {
    return "CASE WHEN pg_catalog.isfinite("
        + expression
        + ") THEN pg_catalog.to_char("
        + expression
        + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') ELSE "
        + expression
        + "::text END";
  }

  /** The text that Postgres reads, of a value as a change event carries it. */
  static String forInput(String value, String typeName) {
    return typeName.equals("bytea") ? "\\x" + value : value;
  }
}
