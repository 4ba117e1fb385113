package dev.cachetide.writebehind;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The statements of {@link SqlText} on one connection: an array for each column of a group. */
final class RowStatements {

  private static final String EACH =
      "SELECT written, state, message, name FROM cachetide.try_each(?::text[], ?::text[])";

  private final Connection connection;

  RowStatements(Connection connection) {
    this.connection = connection;
  }

  /** Executes an insert or upsert and returns how many rows it wrote. */
  int execute(String sql, RowGroup group) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, group);
      return statement.executeUpdate();
    }
  }

  /** Executes a change or delete, or only looks, and returns which of the rows were there. */
  BitSet found(RowGroup group) throws SQLException, RowsRefusedException {
    String sql = group.kind() == RowOp.Kind.DELETE ? SqlText.delete(group) : SqlText.change(group);
    boolean changes = group.guarded() && group.kind() != RowOp.Kind.DELETE;
    BitSet found = new BitSet(group.ops().size());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, group);
      try (ResultSet ordinals = statement.executeQuery()) {
        while (ordinals.next()) {
          found.set(ordinals.getInt(1) - 1);
          if (changes && !ordinals.getBoolean(2)) {
            throw new RowsRefusedException(
                "the version column was not raised: it is no integer, so the command or a trigger"
                    + " must change it",
                null);
          }
        }
      }
    }
    return found;
  }

  /** What rows hold in some columns; a row that is not there is left out. */
  Map<RowKey, Map<String, @Nullable String>> texts(RowGroup rows, List<String> columns)
      throws SQLException {
    Map<RowKey, Map<String, @Nullable String>> held = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(SqlText.read(rows, columns))) {
      bind(statement, rows);
      try (ResultSet found = statement.executeQuery()) {
        while (found.next()) {
          Map<String, @Nullable String> row = new HashMap<>();
          for (int i = 0; i < columns.size(); i++) {
            row.put(columns.get(i), found.getString(i + 2));
          }
          held.put(RowKey.of(rows.ops().get(found.getInt(1) - 1)), row);
        }
      }
    }
    return held;
  }

  /**
   * The version of each row of a guarded group, by its place; a row that is not there is left out.
   */
  Map<Integer, Version> versions(RowGroup rows) throws SQLException {
    Map<Integer, Version> versions = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(SqlText.versions(rows))) {
      bind(statement, rows);
      try (ResultSet found = statement.executeQuery()) {
        while (found.next()) {
          versions.put(
              found.getInt(1) - 1,
              new Version(String.valueOf(found.getString(2)), found.getBoolean(3)));
        }
      }
    }
    return versions;
  }

  /**
   * Carries out groups of one effect each, one after the other, in one round trip; what is refused
   * has no effect and keeps none of the others from theirs.
   */
  List<Tried> each(List<RowGroup> singles) throws SQLException {
    String[] texts = new String[singles.size()];
    @Nullable String[][] values = new String[singles.size()][];
    int longest = 0;
    for (int i = 0; i < texts.length; i++) {
      texts[i] = SqlText.ofOne(singles.get(i));
      values[i] = row(singles.get(i));
      longest = Math.max(longest, values[i].length);
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = Arrays.copyOf(values[i], longest);
    }
    List<Tried> tried = new ArrayList<>(texts.length);
    try (PreparedStatement statement = connection.prepareStatement(EACH)) {
      statement.setArray(1, connection.createArrayOf("text", texts));
      statement.setArray(2, connection.createArrayOf("text", values));
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          tried.add(
              new Tried(
                  results.getLong(1),
                  results.getString(2),
                  results.getString(3),
                  results.getString(4)));
        }
      }
    }
    return tried;
  }

  private static @Nullable String[] row(RowGroup single) {
    List<Function<RowOp, @Nullable String>> columns = columns(single);
    @Nullable String[] row = new String[columns.size()];
    for (int i = 0; i < row.length; i++) {
      row[i] = columns.get(i).apply(single.ops().get(0));
    }
    return row;
  }

  private void bind(PreparedStatement statement, RowGroup group) throws SQLException {
    int parameter = 1;
    for (Function<RowOp, @Nullable String> column : columns(group)) {
      @Nullable String[] values = new String[group.ops().size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = column.apply(group.ops().get(i));
      }
      statement.setArray(parameter++, connection.createArrayOf("text", values));
    }
  }

  /** What each column of a group's statement is given. */
  private static List<Function<RowOp, @Nullable String>> columns(RowGroup group) {
    List<Function<RowOp, @Nullable String>> columns = new ArrayList<>();
    for (int i = 0; i < group.table().key().size(); i++) {
      int column = i;
      columns.add(op -> op.key().get(column));
    }
    for (int i = 0; i < group.set().size(); i++) {
      int column = i;
      columns.add(op -> op.set().at(column));
    }
    for (int i = 0; i < group.add().size(); i++) {
      int column = i;
      columns.add(op -> op.add().at(column).toPlainString());
    }
    if (group.guarded()) {
      columns.add(RowOp::base);
    }
    return columns;
  }

  /**
   * What became of a group of one effect.
   *
   * @param rows how many were written, or found
   * @param sqlState null unless it was refused
   * @param constraint empty when none is to blame
   */
  record Tried(
      long rows,
      @Nullable String sqlState,
      @Nullable String message,
      @Nullable String constraint) {}

  /**
   * What tells a row's version.
   *
   * @param isBase whether it is the one that the effect is for
   */
  record Version(String text, boolean isBase) {}
}
