package dev.cachetide.cli.parked;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A reason as it may be shown to who has not asked for values.
 *
 * <p>What Cachetide says itself names tables and columns only. What Postgres says may quote a value
 * (22P02 does), and a trigger or a domain may say anything under any SQLState. So only messages of
 * a known form pass, and of those the part that names things; in place of all others stands what
 * the SQLState means. A server that speaks another language than English is shown by its SQLStates.
 */
final class ShownReason {

  private static final String NAME = "\"[^\"]*\"";

  /** The first group is shown. */
  private static final List<Pattern> KNOWN =
      List.of(
          form("(null value in column N of relation N violates not-null constraint)"),
          form("(duplicate key value violates unique constraint N)"),
          form("(insert or update on table N violates foreign key constraint N)"),
          form("(update or delete on table N violates foreign key constraint N on table N)"),
          form("(new row for relation N violates check constraint N)"),
          form("(conflicting key value violates exclusion constraint N)"),
          form("(no partition of relation N found for row)"),
          form("(value for domain [\\w ]+ violates check constraint N)"),
          form("(value too long for type [\\w ]+(?:\\(\\d+\\))?)"),
          form("(invalid input syntax for type [\\w ]+)(?:: .*)?"),
          form("(invalid input value for enum [\\w ]+)(?:: .*)?"),
          form("(numeric field overflow|division by zero)"),
          form("((?:smallint|integer|bigint|numeric|timestamp|date|interval) out of range)"),
          form("(cannot insert a non-DEFAULT value into column N)"),
          form("(relation N does not exist)"),
          form("(column N of relation N does not exist)"));

  private static final Pattern OUT_OF_RANGE = form("value .* (is out of range for type [\\w ]+)");
  private static final Pattern CONSTRAINT = Pattern.compile("(?s)(constraint [^:]{1,130}: )(.*)");

  private ShownReason() {}

  /**
   * Without values.
   *
   * @param sqlState null when the reason is Cachetide's own
   */
  static String of(String reason, @Nullable String sqlState) {
    if (sqlState == null || reason.equals("row exists already")) {
      return reason;
    }
    Matcher named = CONSTRAINT.matcher(reason);
    return named.matches()
        ? named.group(1) + message(named.group(2), sqlState)
        : message(reason, sqlState);
  }

  private static String message(String message, String sqlState) {
    for (Pattern known : KNOWN) {
      Matcher matcher = known.matcher(message);
      if (matcher.matches()) {
        return matcher.group(1);
      }
    }
    Matcher range = OUT_OF_RANGE.matcher(message);
    return range.matches() ? "a value " + range.group(1) : meaning(sqlState);
  }

  private static String meaning(String sqlState) {
    return switch (sqlState) {
      case "P0001" -> "raised by a trigger or a function (--values shows the message)";
      case "22001" -> "a value is too long for its column";
      case "22P02" -> "a value does not fit its column's type";
      case "23502" -> "a column that must not be null";
      case "23503" -> "a foreign key is violated";
      case "23505" -> "a unique value is taken";
      case "23514" -> "a check is violated";
      default -> meaningOfClass(sqlState.length() < 2 ? "" : sqlState.substring(0, 2));
    };
  }

  private static String meaningOfClass(String sqlClass) {
    return switch (sqlClass) {
      case "22" -> "a value that Postgres does not take (--values shows the message)";
      case "23" -> "a constraint is violated (--values shows the message)";
      case "42" -> "a column or table does not fit (--values shows the message)";
      default -> "refused by Postgres (--values shows the message)";
    };
  }

  private static Pattern form(String text) {
    return Pattern.compile(text.replace(" N", " " + NAME), Pattern.DOTALL);
  }
}
