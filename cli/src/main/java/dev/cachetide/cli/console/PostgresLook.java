package dev.cachetide.cli.console;

import dev.cachetide.cli.console.PostgresFacts.Generation;
import dev.cachetide.cli.console.PostgresFacts.SetAside;
import dev.cachetide.cli.console.PostgresFacts.Slot;
import dev.cachetide.runtime.postgres.PauseTable;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.wire.PipelineNames;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Asks Postgres, over one connection that is kept. Reads only. For one thread. */
final class PostgresLook implements Source.Question<PostgresFacts>, AutoCloseable {

  private static final int PATIENCE_MILLIS = 5_000;

  private static final String INSTALLED =
      "SELECT to_regclass('cachetide.conflict') IS NOT NULL"
          + " AND to_regclass('cachetide.generation') IS NOT NULL";

  private static final String SLOT =
      """
      SELECT active, wal_status,
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

  /** Bounded, so that a million of them does not burden the database every other second. */
  private static final String COUNT =
      """
      SELECT count(*) FROM (SELECT FROM cachetide.%s
       WHERE "group" = ? AND state = 'parked' LIMIT 10000) AS counted
      """;

  private static final String NEWEST =
      """
      (SELECT 'w' || id AS id, false AS conflict, table_name, sqlstate, parked_at
         FROM cachetide.dead_letter WHERE "group" = ? ORDER BY dead_letter.id DESC LIMIT 20)
      UNION ALL
      (SELECT 'c' || id, true, table_name, NULL, parked_at
         FROM cachetide.conflict WHERE "group" = ? ORDER BY conflict.id DESC LIMIT 20)
      """;

  private final PostgresConnector postgres;
  private final PipelineNames names;
  private @Nullable Connection connection;

  /** Connects to nothing yet. */
  PostgresLook(PostgresConnector postgres, PipelineNames names) {
    this.postgres = postgres;
    this.names = names;
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
    Slot slot = slot(open);
    if (!installed(open)) {
      return new PostgresFacts(slot, List.of(), List.of(), null, null, List.of());
    }
    return new PostgresFacts(
        slot,
        generations(open),
        new PauseTable(names.pipeline()).all(open),
        count(open, "dead_letter"),
        count(open, "conflict"),
        newest(open));
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
                row.getBoolean("active"),
                row.getString("wal_status"),
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

  private long count(Connection open, String table) throws SQLException {
    try (PreparedStatement select = open.prepareStatement(COUNT.formatted(table))) {
      select.setString(1, names.writeBehindGroup());
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private List<SetAside> newest(Connection open) throws SQLException {
    try (PreparedStatement select = open.prepareStatement(NEWEST)) {
      select.setString(1, names.writeBehindGroup());
      select.setString(2, names.writeBehindGroup());
      try (ResultSet row = select.executeQuery()) {
        List<SetAside> all = new ArrayList<>();
        while (row.next()) {
          all.add(
              new SetAside(
                  row.getString("id"),
                  row.getBoolean("conflict"),
                  row.getString("table_name"),
                  row.getString("sqlstate"),
                  row.getTimestamp("parked_at").toInstant()));
        }
        return all;
      }
    }
  }

  @Override
  public String describe(Exception failure) {
    String state = failure instanceof SQLException sql ? sql.getSQLState() : null;
    return "Postgres does not answer" + (state == null ? "" : " (SQLSTATE " + state + ")");
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
