package dev.cachetide.writebehind;

import dev.cachetide.runtime.postgres.Identifiers;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/**
 * The SQL text of a group: one text per table, kind and column set, whatever the number of rows.
 *
 * <p>Each column is one {@code text[]} parameter, in the order key, set, add, base, and is cast to
 * the column's type inside: key columns are {@code c1…}. Changes and deletes return the ordinal of
 * every row that they found; a guarded group finds only rows of the base's version.
 *
 * <p>{@link #ofOne} is for a group of one effect, all values of which are in one {@code text[]}.
 */
final class SqlText {

  private SqlText() {}

  /** Carries out the only effect of a group; its values are elements of the first parameter. */
  static String ofOne(RowGroup group) {
    return switch (group.kind()) {
      case INSERT -> insertAbsent(group, Given.ROW);
      case UPSERT -> upsert(group, Given.ROW);
      case CHANGE -> change(group, Given.ROW);
      case DELETE -> delete(group, Given.ROW);
    };
  }

  /** Insert, or set the columns of the row that the key's unique index finds. */
  static String upsert(RowGroup group) {
    return upsert(group, Given.COLUMNS);
  }

  private static String upsert(RowGroup group, Given given) {
    List<String> keys = names(group.table().key());
    List<String> assignments = new ArrayList<>();
    for (String column : group.set()) {
      String quoted = Identifiers.quoted(column);
      assignments.add(quoted + "=excluded." + quoted);
    }
    String conflict = " ON CONFLICT (" + String.join(",", keys) + ") DO ";
    return insert(group, given)
        + conflict
        + (assignments.isEmpty() ? "NOTHING" : "UPDATE SET " + String.join(",", assignments));
  }

  /** Insert the rows that the key's unique index does not find. */
  static String insertAbsent(RowGroup group) {
    return insertAbsent(group, Given.COLUMNS);
  }

  private static String insertAbsent(RowGroup group, Given given) {
    return insert(group, given)
        + " ON CONFLICT ("
        + String.join(",", names(group.table().key()))
        + ") DO NOTHING";
  }

  /** Insert rows that are known to be absent. */
  static String insert(RowGroup group) {
    return insert(group, Given.COLUMNS);
  }

  private static String insert(RowGroup group, Given given) {
    List<String> columns = names(group.table().key());
    group.set().forEach(column -> columns.add(Identifiers.quoted(column)));
    StringJoiner values = new StringJoiner(",");
    for (int i = 0; i < columns.size(); i++) {
      values.add(given.input(i, typeOf(group, i)));
    }
    return "INSERT INTO "
        + group.table().quoted()
        + " ("
        + String.join(",", columns)
        + ") "
        + given.row(values.toString(), columns.size());
  }

  /** Set and add; with nothing to set or add, only find. */
  static String change(RowGroup group) {
    return change(group, Given.COLUMNS);
  }

  private static String change(RowGroup group, Given given) {
    int keys = group.table().key().size();
    StringJoiner assignments = new StringJoiner(",");
    for (int i = 0; i < group.set().size(); i++) {
      String value = given.input(keys + i, typeOf(group, keys + i));
      assignments.add(Identifiers.quoted(group.set().get(i)) + "=" + value);
    }
    for (int i = 0; i < group.add().size(); i++) {
      int parameter = keys + group.set().size() + i;
      String amount = given.input(parameter, typeOf(group, parameter));
      assignments.add(sum(group.add().get(i), amount, typeOf(group, parameter)));
    }
    String table = group.table().quoted() + " AS t";
    boolean finds = assignments.length() == 0;
    if (given == Given.ROW) {
      return (finds ? "SELECT FROM " + table : "UPDATE " + table + " SET " + assignments)
          + " WHERE "
          + match(group, given);
    }
    String rows = unnest(columns(group), true);
    return finds
        ? "SELECT u.n" + raised(group) + " FROM " + table + " JOIN " + rows + " ON " + match(group)
        : "UPDATE "
            + table
            + " SET "
            + assignments
            + " FROM "
            + rows
            + " WHERE "
            + match(group)
            + " RETURNING u.n"
            + raised(group);
  }

  /** Finds rows and says what they hold in some columns. */
  static String read(RowGroup group, List<String> columns) {
    StringJoiner texts = new StringJoiner(",");
    columns.forEach(column -> texts.add("t." + Identifiers.quoted(column) + "::text"));
    return "SELECT u.n, "
        + texts
        + " FROM "
        + group.table().quoted()
        + " AS t JOIN "
        + unnest(columns(group), true)
        + " ON "
        + matchKey(group, Given.COLUMNS);
  }

  /**
   * Finds the rows of a guarded group whatever their version, and says it, and if it is the base.
   */
  static String versions(RowGroup group) {
    return "SELECT u.n, "
        + version(group)
        + "::text, "
        + version(group)
        + "="
        + base(group)
        + " FROM "
        + group.table().quoted()
        + " AS t JOIN "
        + unnest(columns(group), true)
        + " ON "
        + matchKey(group, Given.COLUMNS);
  }

  static String delete(RowGroup group) {
    return delete(group, Given.COLUMNS);
  }

  private static String delete(RowGroup group, Given given) {
    String delete = "DELETE FROM " + group.table().quoted() + " AS t";
    return given == Given.ROW
        ? delete + " WHERE " + match(group, given)
        : delete
            + " USING "
            + unnest(columns(group), true)
            + " WHERE "
            + match(group)
            + " RETURNING u.n";
  }

  private static String sum(String column, String amount, PgType type) {
    String quoted = Identifiers.quoted(column);
    String zero = "'0'::" + type.cast();
    return quoted + "=COALESCE(t." + quoted + "," + zero + ")+" + amount;
  }

  private static String match(RowGroup group) {
    return match(group, Given.COLUMNS);
  }

  private static String match(RowGroup group, Given given) {
    String key = matchKey(group, given);
    return group.guarded() ? key + " AND " + version(group) + "=" + base(group) : key;
  }

  /** Whether a guarded change has left another version behind; it would not guard the next. */
  private static String raised(RowGroup group) {
    return group.guarded() ? ", " + version(group) + " IS DISTINCT FROM " + base(group) : "";
  }

  private static String version(RowGroup group) {
    return "t." + Identifiers.quoted(versionColumn(group).name());
  }

  private static String base(RowGroup group) {
    return Given.COLUMNS.input(columns(group) - 1, versionColumn(group).type());
  }

  private static TargetColumn versionColumn(RowGroup group) {
    TargetColumn version = group.table().policy().version();
    if (version == null) {
      throw new IllegalStateException("a base where no column tells the version");
    }
    return version;
  }

  private static String matchKey(RowGroup group, Given given) {
    StringJoiner match = new StringJoiner(" AND ");
    List<TargetColumn> key = group.table().key();
    for (int i = 0; i < key.size(); i++) {
      String column = Identifiers.quoted(key.get(i).name());
      match.add("t." + column + "=" + given.input(i, key.get(i).type()));
    }
    return match.toString();
  }

  private static String unnest(int columns, boolean ordinal) {
    StringJoiner arrays = new StringJoiner(",");
    StringJoiner names = new StringJoiner(",");
    for (int i = 1; i <= columns; i++) {
      arrays.add("?::text[]");
      names.add("c" + i);
    }
    return "unnest("
        + arrays
        + ")"
        + (ordinal ? " WITH ORDINALITY AS u(" + names + ",n)" : " AS u(" + names + ")");
  }

  private static PgType typeOf(RowGroup group, int parameter) {
    int keys = group.table().key().size();
    if (parameter < keys) {
      return group.table().key().get(parameter).type();
    }
    int column = parameter - keys;
    int sets = group.set().size();
    String name = column < sets ? group.set().get(column) : group.add().get(column - sets);
    return group.table().known(name).type();
  }

  private static int columns(RowGroup group) {
    int base = group.guarded() ? 1 : 0;
    return group.table().key().size() + group.set().size() + group.add().size() + base;
  }

  private static List<String> names(List<TargetColumn> columns) {
    List<String> names = new ArrayList<>(columns.size());
    columns.forEach(column -> names.add(Identifiers.quoted(column.name())));
    return names;
  }

  /** How values are given. */
  private enum Given {
    /** A parameter for each column. */
    COLUMNS {
      @Override
      String input(int parameter, PgType type) {
        return "u.c" + (parameter + 1) + "::" + type.cast();
      }

      @Override
      String row(String values, int columns) {
        return "SELECT " + values + " FROM " + unnest(columns, false);
      }
    },
    /** An element of the one parameter for each column: no function or join has to be planned. */
    ROW {
      @Override
      String input(int parameter, PgType type) {
        return "($1)[" + (parameter + 1) + "]::" + type.cast();
      }

      @Override
      String row(String values, int columns) {
        return "VALUES (" + values + ")";
      }
    };

    /** A value. */
    abstract String input(int parameter, PgType type);

    /** What is inserted. */
    abstract String row(String values, int columns);
  }
}
