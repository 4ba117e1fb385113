package dev.cachetide.writebehind;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an error of Postgres says about the write that met it, by SQLState alone.
 *
 * <p><em>Data</em> errors come back whenever the same write is tried, so it is parked. Everything
 * else is the environment's: connections, serialization, deadlocks, a full disk, a shutdown, a
 * read-only server, and whatever is not known here. It is tried again for as long as it takes,
 * because waiting loses nothing, while parking on a wrong guess would set good writes aside.
 *
 * <p>A missing privilege (42501) is the environment's too: it meets every write of a table alike
 * and a {@code GRANT} heals it. Row-level security raises the same state, so the worker's role must
 * bypass it.
 */
final class SqlStates {

  private static final Set<String> DATA_CLASSES =
      Set.of(
          "09", // a trigger's action failed
          "21", // cardinality
          "22", // data: range, length, syntax of a value
          "23", // integrity constraint
          "27", // a trigger changed the row that is being written
          "2F", // SQL routine
          "38", // external routine
          "39", // external routine, invocation
          "42", // syntax or access rule: a column or table that is not there
          "44", // check option
          "54", // program limit: an index entry too large
          "P0"); // raised by a trigger

  private static final Set<String> ENVIRONMENT = Set.of("42501");
  private static final Set<String> DATA = Set.of("40002");

  private static final String CANCELED = "57014";

  private SqlStates() {}

  /** Whether a statement was ended for taking too long, or by an operator, who may think so too. */
  static boolean isTimeout(@Nullable String sqlState) {
    return CANCELED.equals(sqlState);
  }

  /**
   * Whether the write itself is at fault. Null, which the driver gives where it has none, is not.
   */
  static boolean isData(@Nullable String sqlState) {
    if (sqlState == null || sqlState.length() != 5 || ENVIRONMENT.contains(sqlState)) {
      return false;
    }
    return DATA.contains(sqlState) || DATA_CLASSES.contains(sqlState.substring(0, 2));
  }
}
