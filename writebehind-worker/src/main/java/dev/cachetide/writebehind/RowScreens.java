package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks Postgres, before anything of a log is written, which of its values a constraint will refuse:
 * one question for each constraint, in which equal values are asked for once.
 */
final class RowScreens {

  private static final Known NONE = values -> Set.of();

  private final Connection connection;

  RowScreens(Connection connection) {
    this.connection = connection;
  }

  /** The effects whose values a check constraint refuses. */
  void failing(TargetTable table, TargetTable.Check check, Effects effects, IntConsumer found)
      throws SQLException {
    ask(ScreenText.failing(table, check), check.columns(), effects, NONE, found);
  }

  /** The effects that refer to a row that is not there, and that the log does not insert. */
  void orphans(
      TargetTable table,
      TargetTable.Parent parent,
      Effects effects,
      Known inserted,
      IntConsumer found)
      throws SQLException {
    ask(ScreenText.orphans(table, parent), parent.columns(), effects, inserted, found);
  }

  /** The effects on rows that are there, and that the log does not delete. */
  void present(TargetTable table, Effects effects, Known deleted, IntConsumer found)
      throws SQLException {
    TargetTable.Parent itself = itself(table);
    ask(ScreenText.present(table, itself), itself.columns(), effects, deleted, found);
  }

  /** The effects on rows that are not there, and that the log does not insert. */
  void absent(TargetTable table, Effects effects, Known inserted, IntConsumer found)
      throws SQLException {
    orphans(table, itself(table), effects, inserted, found);
  }

  /** As if each row referred to itself. */
  private static TargetTable.Parent itself(TargetTable table) {
    List<String> key = table.key().stream().map(TargetColumn::name).toList();
    return new TargetTable.Parent(table.name(), key, key);
  }

  /** The effects that take a unique value which a row with another key has, and that key. */
  void taken(TargetTable table, List<String> unique, Effects effects, Taken found)
      throws SQLException {
    if (unique.size() == 1
        && table.tellsRowsApart()
        && table.known(unique.get(0)).tellsValuesApart()) {
      takenText(table, table.known(unique.get(0)), effects, found);
      return;
    }
    List<String> columns = new ArrayList<>();
    table.key().forEach(column -> columns.add(column.name()));
    columns.addAll(unique);
    ask(
        ScreenText.taken(table, unique),
        columns,
        effects,
        NONE,
        (row, index) -> found.accept(index, List.of((String[]) row.getArray(2).getArray())));
  }

  /**
   * Where texts tell values apart, Postgres only has to say which are there: it looks all of them
   * up in one walk through the index, which costs a fraction of a look for each.
   */
  private void takenText(TargetTable table, TargetColumn unique, Effects effects, Taken found)
      throws SQLException {
    Map<String, List<Integer>> indexes = new LinkedHashMap<>();
    for (int index : effects.indexes()) {
      String text = text(effects.log().get(index), unique.name());
      if (text != null) {
        indexes.computeIfAbsent(plain(unique, text), key -> new ArrayList<>(1)).add(index);
      }
    }
    if (indexes.isEmpty()) {
      return;
    }
    try (PreparedStatement statement =
        connection.prepareStatement(ScreenText.holders(table, unique))) {
      String[] asked = indexes.keySet().toArray(String[]::new);
      statement.setArray(1, connection.createArrayOf("text", asked));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          List<String> holder = key(table, rows);
          for (int index : indexes.getOrDefault(plain(unique, rows.getString(1)), List.of())) {
            if (!isKeyOf(effects.log().get(index), holder)) {
              found.accept(index, holder);
            }
          }
        }
      }
    }
  }

  /** Behind the unique value. */
  private static List<String> key(TargetTable table, ResultSet row) throws SQLException {
    List<String> key = new ArrayList<>(table.key().size());
    for (int i = 0; i < table.key().size(); i++) {
      key.add(row.getString(i + 2));
    }
    return key;
  }

  private static boolean isKeyOf(RowOp op, List<String> asPostgresHasIt) {
    for (int i = 0; i < asPostgresHasIt.size(); i++) {
      if (!plain(op.table().key().get(i), asPostgresHasIt.get(i)).equals(op.key().get(i))) {
        return false;
      }
    }
    return true;
  }

  /** The one text that a value has; what has none is left as it is, and found equal to none. */
  private static String plain(TargetColumn column, String text) {
    try {
      return PgText.key(column.type(), text);
    } catch (MisfitException e) {
      return text;
    }
  }

  private void ask(
      String sql, List<String> columns, Effects effects, Known known, IntConsumer found)
      throws SQLException {
    ask(sql, columns, effects, known, (row, index) -> found.accept(index));
  }

  private void ask(String sql, List<String> columns, Effects effects, Known known, Answer answer)
      throws SQLException {
    Map<List<String>, List<Integer>> indexes = new LinkedHashMap<>();
    for (int index : effects.indexes()) {
      List<String> values = values(effects.log().get(index), columns);
      if (values != null) {
        indexes.computeIfAbsent(values, key -> new ArrayList<>(1)).add(index);
      }
    }
    indexes.keySet().removeAll(known.among(indexes.keySet()));
    if (indexes.isEmpty()) {
      return;
    }
    List<List<String>> asked = List.copyOf(indexes.keySet());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int column = 0; column < columns.size(); column++) {
        int place = column;
        // of this very type: the driver then sends it in binary, which costs both sides less
        String[] texts = asked.stream().map(values -> values.get(place)).toArray(String[]::new);
        statement.setArray(column + 1, connection.createArrayOf("text", texts));
      }
      try (ResultSet ordinals = statement.executeQuery()) {
        while (ordinals.next()) {
          for (int index : indexes.getOrDefault(asked.get(ordinals.getInt(1) - 1), List.of())) {
            answer.tell(ordinals, index);
          }
        }
      }
    }
  }

  /** What an effect gives some columns; null when that is not known of each, or is null. */
  private static @Nullable List<String> values(RowOp op, List<String> columns) {
    List<String> values = new ArrayList<>(columns.size());
    for (String column : columns) {
      String text = text(op, column);
      if (text == null) {
        return null;
      }
      values.add(text);
    }
    return values;
  }

  private static @Nullable String text(RowOp op, String column) {
    String text = op.set().get(column);
    if (text != null) {
      return text;
    }
    for (int i = 0; i < op.key().size(); i++) {
      if (op.table().key().get(i).name().equals(column)) {
        return op.key().get(i);
      }
    }
    return null;
  }

  /** Tells of which values Postgres need not be asked. */
  interface Known {
    Set<List<String>> among(Set<List<String>> values);
  }

  /** Hears of effects that take what another row has. */
  interface Taken {
    void accept(int index, List<String> holder);
  }

  /** Hears of effects by a row of Postgres' answer. */
  private interface Answer {
    void tell(ResultSet row, int index) throws SQLException;
  }

  /** Some effects of a log. */
  record Effects(List<RowOp> log, List<Integer> indexes) {

    /** Those of some keys that effects of some kinds on a table have. */
    Set<List<String>> keys(TableName table, Set<RowOp.Kind> kinds, Set<List<String>> among) {
      if (among.isEmpty()) {
        return Set.of();
      }
      Set<List<String>> keys = new HashSet<>();
      for (RowOp op : log) {
        if (among.contains(op.key())
            && kinds.contains(op.kind())
            && op.table().name().equals(table)) {
          keys.add(op.key());
        }
      }
      return keys;
    }

    /** Those of some kinds that find their row whatever its version. */
    Effects only(Set<RowOp.Kind> kinds) {
      List<Integer> some = new ArrayList<>();
      for (int index : indexes) {
        RowOp op = log.get(index);
        if (kinds.contains(op.kind()) && op.base() == null) {
          some.add(index);
        }
      }
      return new Effects(log, some);
    }
  }
}
