package dev.cachetide.cli.look;

import dev.cachetide.cli.look.PostgresFacts.Epoch;
import dev.cachetide.cli.look.PostgresFacts.SetAside;
import dev.cachetide.cli.look.PostgresFacts.Writes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What the write-behind workers of a pipeline have left in Cachetide's tables. Reads only. */
final class WriteRows {

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

  private static final String EPOCHS =
      """
      SELECT topic, partition, epoch, next_offset FROM cachetide.consumer_offset
       WHERE "group" = ? ORDER BY topic, partition
      """;

  private final String group;

  WriteRows(String group) {
    this.group = group;
  }

  Writes of(Connection open) throws SQLException {
    return new Writes(
        count(open, "dead_letter"), count(open, "conflict"), newest(open), epochs(open));
  }

  private long count(Connection open, String table) throws SQLException {
    try (PreparedStatement select = open.prepareStatement(COUNT.formatted(table))) {
      select.setString(1, group);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private List<SetAside> newest(Connection open) throws SQLException {
    try (PreparedStatement select = open.prepareStatement(NEWEST)) {
      select.setString(1, group);
      select.setString(2, group);
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

  private List<Epoch> epochs(Connection open) throws SQLException {
    try (PreparedStatement select = open.prepareStatement(EPOCHS)) {
      select.setString(1, group);
      try (ResultSet row = select.executeQuery()) {
        List<Epoch> all = new ArrayList<>();
        while (row.next()) {
          all.add(new Epoch(row.getString(1), row.getInt(2), row.getLong(3), row.getLong(4)));
        }
        return all;
      }
    }
  }
}
