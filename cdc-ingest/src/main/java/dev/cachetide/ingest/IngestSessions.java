package dev.cachetide.ingest;

import dev.cachetide.wire.PipelineNames;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a pipeline's ingest as their sessions in Postgres show them: the one that holds
 * the lock by which it reads the slot, and those that stand by. One that is paused, or has just
 * failed and waits to try again, has no session.
 */
public final class IngestSessions {

  /** Of which there is one for each slot, whose name is the parameter. */
  static final String LOCK = "hashtextextended('cachetide ingest ' || ?, 0)";

  private static final String SQL =
      """
      SELECT a.pid, host(a.client_addr) AS host, EXISTS (
               SELECT FROM pg_catalog.pg_locks AS l, pg_catalog.pg_database AS d
                WHERE l.pid = a.pid AND l.granted AND l.locktype = 'advisory' AND l.objsubid = 1
                  AND l.database = d.oid AND d.datname = current_database()
                  AND (l.classid::bigint << 32 | l.objid::bigint) = %s) AS active
        FROM pg_catalog.pg_stat_activity AS a
       WHERE a.datname = current_database() AND a.application_name = ?
       ORDER BY active DESC, a.pid
      """
          .formatted(LOCK);

  private IngestSessions() {}

  /** What the session that takes part in the election calls itself. */
  static String name(PipelineNames names) {
    return "cachetide-ingest-" + names.pipeline();
  }

  /** All of them, the active one first. */
  public static List<Session> of(Connection connection, PipelineNames names) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(SQL)) {
      select.setString(1, names.slot());
      select.setString(2, name(names));
      try (ResultSet row = select.executeQuery()) {
        List<Session> sessions = new ArrayList<>();
        while (row.next()) {
          sessions.add(
              new Session(row.getInt("pid"), row.getString("host"), row.getBoolean("active")));
        }
        return sessions;
      }
    }
  }

  /**
   * One process.
   *
   * @param pid of its session in Postgres
   * @param host where it runs; null over a local socket, or when the role may not see it
   * @param active whether it is the one that may stream
   */
  public record Session(int pid, @Nullable String host, boolean active) {}
}
