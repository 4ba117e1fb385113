package dev.cachetide.runtime.postgres;

import dev.cachetide.runtime.postgres.Pause.What;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** {@code cachetide.pause}: what operations have paused. Connections stay the caller's. */
public final class PauseTable {

  private static final String UNDEFINED_TABLE = "42P01";
  private static final String COLUMNS = "what, name, stale, reason, paused_by, paused_at";
  private static final String ALL =
      "SELECT " + COLUMNS + " FROM cachetide.pause WHERE pipeline = ? ORDER BY paused_at, name";
  private static final String ADD =
      "INSERT INTO cachetide.pause (pipeline, what, name, stale, reason, paused_by)"
          + " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
  private static final String REMOVE =
      "DELETE FROM cachetide.pause WHERE pipeline = ? AND what = ? AND name = ? RETURNING "
          + COLUMNS;
  private static final String EVERYTHING_OLD =
      "INSERT INTO cachetide.generation AS g (pipeline, scope, generation, reason, bumped_at)"
          + " VALUES (?, '*', 1, 'resumed', now()) ON CONFLICT (pipeline, scope) DO UPDATE"
          + " SET generation = g.generation + 1, reason = excluded.reason, bumped_at = now()";

  private final String pipeline;

  /** The pauses of one pipeline. */
  public PauseTable(String pipeline) {
    this.pipeline = pipeline;
  }

  /** Everything that is paused, oldest first; nothing where the table was never made. */
  public List<Pause> all(Connection connection) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(ALL)) {
      select.setString(1, pipeline);
      try (ResultSet row = select.executeQuery()) {
        List<Pause> all = new ArrayList<>();
        while (row.next()) {
          all.add(pause(row));
        }
        return all;
      }
    } catch (SQLException e) {
      if (UNDEFINED_TABLE.equals(e.getSQLState())) {
        return List.of();
      }
      throw e;
    }
  }

  /**
   * Pauses something. The schema must be installed.
   *
   * @return whether it was not paused before
   */
  public boolean add(Connection connection, Pause pause) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(ADD)) {
      insert.setString(1, pipeline);
      insert.setString(2, pause.what().toString());
      insert.setString(3, pause.name());
      insert.setBoolean(4, pause.stale());
      insert.setString(5, pause.reason());
      insert.setString(6, pause.by());
      return insert.executeUpdate() == 1;
    }
  }

  /**
   * Resumes something, in one transaction with what makes old whatever may be stale by then:
   *
   * <ul>
   *   <li>of a role or a table the pipeline's generation, so that a worker which sees that it may
   *       vouch for caches again vouches for nothing that was cached before, however much it still
   *       has to read;
   *   <li>of a table that caches were believed for, nothing: its changes were only late;
   *   <li>of a rule nothing here: each worker bumps and evicts when it takes the rule back.
   * </ul>
   *
   * @param connection in autocommit mode, and left so
   * @return what was paused; empty when it was not
   */
  public Optional<Pause> remove(Connection connection, What what, String name) throws SQLException {
    connection.setAutoCommit(false);
    try {
      Optional<Pause> removed = delete(connection, what, name);
      if (removed.filter(PauseTable::makesOld).isPresent()) {
        try (PreparedStatement bump = connection.prepareStatement(EVERYTHING_OLD)) {
          bump.setString(1, pipeline);
          bump.executeUpdate();
        }
      }
      connection.commit();
      return removed;
    } finally {
      if (!connection.isClosed()) {
        connection.rollback();
        connection.setAutoCommit(true);
      }
    }
  }

  private Optional<Pause> delete(Connection connection, What what, String name)
      throws SQLException {
    try (PreparedStatement delete = connection.prepareStatement(REMOVE)) {
      delete.setString(1, pipeline);
      delete.setString(2, what.toString());
      delete.setString(3, name);
      try (ResultSet row = delete.executeQuery()) {
        return row.next() ? Optional.of(pause(row)) : Optional.empty();
      }
    }
  }

  private static boolean makesOld(Pause pause) {
    return pause.what() != What.RULE && !pause.stale() && !pause.name().equals("write-behind");
  }

  private static Pause pause(ResultSet row) throws SQLException {
    return new Pause(
        What.valueOf(row.getString("what").toUpperCase(Locale.ROOT)),
        row.getString("name"),
        row.getBoolean("stale"),
        row.getString("reason"),
        row.getString("paused_by"),
        row.getTimestamp("paused_at").toInstant());
  }
}
