package dev.cachetide.cli.look;

import dev.cachetide.cli.look.PostgresFacts.Generation;
import dev.cachetide.cli.look.PostgresFacts.Slot;
import dev.cachetide.cli.look.PostgresFacts.Tables;
import dev.cachetide.ingest.IngestSessions;
import dev.cachetide.runtime.postgres.PauseTable;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.wire.PipelineNames;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Asks Postgres, over one connection that is kept. Reads only. For one thread. */
public final class PostgresLook implements Source.Question<PostgresFacts>, AutoCloseable {

  private static final int PATIENCE_MILLIS = 5_000;
  private static final String INVALID_AUTHORIZATION = "28";
  private static final String NOT_PERMITTED = "42501";

  private static final String INSTALLED =
      "SELECT to_regclass('cachetide.conflict') IS NOT NULL"
          + " AND to_regclass('cachetide.generation') IS NOT NULL";

  private static final String SLOT =
      """
      SELECT active, wal_status, confirmed_flush_lsn::text AS confirmed,
             pg_wal_lsn_diff(here, confirmed_flush_lsn)::bigint AS lag,
             pg_wal_lsn_diff(here, restart_lsn)::bigint AS retained, safe_wal_size
        FROM pg_catalog.pg_replication_slots,
             (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                          ELSE pg_current_wal_lsn() END AS here) AS now
       WHERE slot_name = ?
      """;

  private static final String GENERATIONS =
      """
      SELECT scope, generation, reason, bumped_at FROM cachetide.generation
       WHERE pipeline = ? ORDER BY bumped_at DESC LIMIT 50
      """;

  private static final String CERTIFIED =
      "SELECT run_id FROM cachetide.redis_identity WHERE pipeline = ?";

  private final PostgresConnector postgres;
  private final PipelineNames names;
  private final WriteRows writes;
  private @Nullable Connection connection;

  /** Connects to nothing yet. */
  public PostgresLook(PostgresConnector postgres, PipelineNames names) {
    this.postgres = postgres;
    this.names = names;
    writes = new WriteRows(names.writeBehindGroup());
  }

  @Override
  public synchronized PostgresFacts ask() throws SQLException {
    Connection open = connection;
    if (open == null) {
      open = postgres.connect();
      open.setNetworkTimeout(Runnable::run, PATIENCE_MILLIS);
      connection = open;
    }
    try {
      return look(open);
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  private PostgresFacts look(Connection open) throws SQLException {
    return new PostgresFacts(
        slot(open), IngestSessions.of(open, names), installed(open) ? tables(open) : null);
  }

  private Tables tables(Connection open) throws SQLException {
    return new Tables(
        generations(open),
        certified(open),
        new PauseTable(names.pipeline()).all(open),
        writes.of(open));
  }

  private static boolean installed(Connection open) throws SQLException {
    try (PreparedStatement select = open.prepareStatement(INSTALLED);
        ResultSet row = select.executeQuery()) {
      return row.next() && row.getBoolean(1);
    }
  }

  private @Nullable Slot slot(Connection open) throws SQLException {
    try (PreparedStatement select = open.prepareStatement(SLOT)) {
      select.setString(1, names.slot());
      try (ResultSet row = select.executeQuery()) {
        return row.next()
            ? new Slot(
                names.slot(),
                row.getBoolean("active"),
                row.getString("wal_status"),
                row.getString("confirmed"),
                number(row, "lag"),
                number(row, "retained"),
                number(row, "safe_wal_size"))
            : null;
      }
    }
  }

  private static @Nullable Long number(ResultSet row, String column) throws SQLException {
    long number = row.getLong(column);
    return row.wasNull() ? null : number;
  }

  private List<Generation> generations(Connection open) throws SQLException {
    try (PreparedStatement select = open.prepareStatement(GENERATIONS)) {
      select.setString(1, names.pipeline());
      try (ResultSet row = select.executeQuery()) {
        List<Generation> all = new ArrayList<>();
        while (row.next()) {
          all.add(
              new Generation(
                  row.getString("scope"),
                  row.getLong("generation"),
                  row.getString("reason"),
                  row.getTimestamp("bumped_at").toInstant()));
        }
        return all;
      }
    }
  }

  private Set<String> certified(Connection open) throws SQLException {
    try (PreparedStatement select = open.prepareStatement(CERTIFIED)) {
      select.setString(1, names.pipeline());
      try (ResultSet row = select.executeQuery()) {
        Set<String> runIds = new TreeSet<>();
        while (row.next()) {
          runIds.add(row.getString(1));
        }
        return runIds;
      }
    }
  }

  @Override
  public String describe(Exception failure) {
    String state = failure instanceof SQLException sql ? sql.getSQLState() : null;
    boolean refused =
        state != null && (state.startsWith(INVALID_AUTHORIZATION) || state.equals(NOT_PERMITTED));
    return (refused ? "Postgres refuses this user" : "Postgres does not answer")
        + (state == null ? "" : " (SQLSTATE " + state + ")");
  }

  @Override
  public synchronized void close() {
    Connection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        // Given up in any case, and it held no transaction.
        org.slf4j.LoggerFactory.getLogger(PostgresLook.class)
            .atDebug()
            .setCause(e)
            .log("connection did not close");
      }
    }
  }
}
