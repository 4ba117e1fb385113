package dev.cachetide.writebehind;

import dev.cachetide.writebehind.ParkedWrite.Kind;
import dev.cachetide.writebehind.ParkedWrite.State;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The two tables of parked writes, read and resolved row by row. */
final class ParkedWriteRows {

  private static final String COMMON =
      "SELECT id, topic, partition, record_offset, write_id, table_name, traceparent, parked_at,"
          + " state, resolved_at, ";
  private static final String DEAD_LETTERS =
      COMMON + "reason, sqlstate, NULL::text AS found%s FROM cachetide.dead_letter";
  private static final String CONFLICTS =
      COMMON
          + "CASE WHEN found IS NULL THEN 'row does not exist' ELSE 'row has another version' END"
          + " AS reason, NULL::text AS sqlstate, found%s FROM cachetide.conflict";
  private static final String LIST =
      "SELECT * FROM (%s WHERE \"group\" = ? AND id < ?) AS p"
          + " WHERE (?::text IS NULL OR state = ?) AND (?::text IS NULL OR table_name = ?)"
          + " AND (?::text IS NULL OR starts_with(sqlstate, ?))"
          + " AND (?::text IS NULL OR strpos(lower(reason), lower(?)) > 0)"
          + " AND (?::timestamptz IS NULL OR parked_at >= ?) ORDER BY id DESC LIMIT ?";

  private final String group;

  ParkedWriteRows(String group) {
    this.group = group;
  }

  List<ParkedWrite> list(Connection connection, ParkedFilter filter, long before, int limit)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(LIST.formatted(select(filter.kind(), false)))) {
      select.setString(1, group);
      select.setLong(2, before);
      State state = filter.state();
      both(select, 3, state == null ? null : text(state));
      both(select, 5, filter.table());
      both(select, 7, filter.sqlState());
      both(select, 9, filter.reason());
      for (int parameter = 11; parameter <= 12; parameter++) {
        Instant since = filter.since();
        select.setTimestamp(parameter, since == null ? null : Timestamp.from(since));
      }
      select.setInt(13, limit);
      return read(select, filter.kind(), false);
    }
  }

  /**
   * One row with its command.
   *
   * @param lock whether nobody else may resolve it until the transaction ends
   */
  Optional<ParkedWrite> find(Connection connection, Kind kind, long id, boolean lock)
      throws SQLException {
    String sql = select(kind, true) + " WHERE \"group\" = ? AND id = ?";
    try (PreparedStatement select = connection.prepareStatement(lock ? sql + " FOR UPDATE" : sql)) {
      select.setString(1, group);
      select.setLong(2, id);
      return read(select, kind, true).stream().findFirst();
    }
  }

  void resolve(Connection connection, Kind kind, long id, State state) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE " + table(kind) + " SET state = ?, resolved_at = now() WHERE id = ?")) {
      update.setString(1, text(state));
      update.setLong(2, id);
      update.executeUpdate();
    }
  }

  void replace(Connection connection, Kind kind, long id, byte[] command, String table)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE " + table(kind) + " SET command = ?, table_name = ? WHERE id = ?")) {
      update.setBytes(1, command);
      update.setString(2, table);
      update.setLong(3, id);
      update.executeUpdate();
    }
  }

  private static List<ParkedWrite> read(PreparedStatement select, Kind kind, boolean whole)
      throws SQLException {
    List<ParkedWrite> rows = new ArrayList<>();
    try (ResultSet row = select.executeQuery()) {
      while (row.next()) {
        rows.add(row(row, kind, whole));
      }
    }
    return rows;
  }

  private static ParkedWrite row(ResultSet row, Kind kind, boolean whole) throws SQLException {
    Timestamp resolved = row.getTimestamp("resolved_at");
    return new ParkedWrite(
        kind,
        row.getLong("id"),
        row.getString("topic"),
        row.getInt("partition"),
        row.getLong("record_offset"),
        row.getString("write_id"),
        row.getString("table_name"),
        whole ? row.getBytes("command") : null,
        row.getString("reason"),
        row.getString("sqlstate"),
        row.getString("found"),
        row.getString("traceparent"),
        row.getTimestamp("parked_at").toInstant(),
        State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
        resolved == null ? null : resolved.toInstant());
  }

  private static void both(PreparedStatement statement, int parameter, @Nullable String value)
      throws SQLException {
    for (int i = parameter; i <= parameter + 1; i++) {
      statement.setObject(i, value, Types.VARCHAR);
    }
  }

  private static String select(Kind kind, boolean whole) {
    return (kind == Kind.CONFLICT ? CONFLICTS : DEAD_LETTERS).formatted(whole ? ", command" : "");
  }

  private static String table(Kind kind) {
    return kind == Kind.CONFLICT ? "cachetide.conflict" : "cachetide.dead_letter";
  }

  private static String text(State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }
}
