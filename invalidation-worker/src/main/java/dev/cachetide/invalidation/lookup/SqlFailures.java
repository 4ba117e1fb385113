package dev.cachetide.invalidation.lookup;

import java.sql.SQLException;
import java.util.List;

/** Which failures of a lookup another attempt can help, by SQLState. */
final class SqlFailures {

  /** Too many connections; the others of its class are what a query asks for too much of. */
  private static final List<String> AWAY = List.of("53300");

  /** A lock that was waited for too long; a deadlock. */
  private static final List<String> LOCKED = List.of("55P03", "40P01");

  private SqlFailures() {}

  /** Whether the server is away, starting, stopping, or was lost on the way. */
  static boolean isAway(SQLException failure) {
    String state = failure.getSQLState();
    return state == null
        || state.startsWith("08")
        || state.startsWith("57P")
        || AWAY.contains(state);
  }

  /** Whether others hold a lock on what was asked for. */
  static boolean isLocked(SQLException failure) {
    return LOCKED.contains(String.valueOf(failure.getSQLState()));
  }
}
