package dev.cachetide.invalidation.refresh;

import static java.util.stream.Collectors.joining;

import dev.cachetide.runtime.postgres.Identifiers;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.settings.RefreshSettings;
import java.util.List;

/** SQL that finds the rows of single-row keys. Pure; identifiers come from the catalogue. */
public final class RowLookup {

  private RowLookup() {}

  /**
   * The columns by which a row is found: the primary key, or the columns of a unique index that the
   * key is made of. Empty when there is neither.
   */
  public static List<String> columns(Refresh refresh, TableInfo table) {
    return table.primaryKey().isEmpty() ? unique(refresh, table) : table.primaryKey();
  }

  /** Columns of the key that name one row; empty when they do not. */
  static List<String> unique(Refresh refresh, TableInfo table) {
    List<String> columns = refresh.key().columns();
    return table.uniqueIndexes().stream()
        .filter(columns::containsAll)
        .findFirst()
        .orElse(List.of());
  }

  /** {@code FROM} one array of each column, joined with the table. */
  static String joined(TableInfo table, List<String> key) {
    String arrays =
        key.stream().map(column -> "?::" + type(table, column) + "[]").collect(joining(", "));
    String names = key.stream().map(Identifiers::quoted).collect(joining(", "));
    String same =
        key.stream()
            .map(Identifiers::quoted)
            .map(column -> "t." + column + " = k." + column)
            .collect(joining(" AND "));
    return "unnest("
        + arrays
        + ") AS k("
        + names
        + ") JOIN "
        + table.quotedName()
        + " t ON "
        + same;
  }

  /** {@code FROM} on, one page after a row. */
  static String page(TableInfo table, List<String> key, boolean after, int rows) {
    String columns =
        key.stream().map(column -> "t." + Identifiers.quoted(column)).collect(joining(", "));
    String row = key.stream().map(column -> "?::" + type(table, column)).collect(joining(", "));
    return table.quotedName()
        + " t"
        + (after ? " WHERE (" + columns + ") > (" + row + ")" : "")
        + " ORDER BY "
        + columns
        + " LIMIT "
        + rows;
  }

  private static String type(TableInfo table, String column) {
    return table.column(column).orElseThrow().quotedType();
  }

  /** The same refresh with every column that a query returns. */
  static RefreshSettings everything(RefreshSettings some) {
    return new RefreshSettings(
        some.path(),
        some.key(),
        some.mode(),
        List.of(),
        some.as(),
        some.type(),
        some.query(),
        some.ttl(),
        some.ttlColumn(),
        some.jitterPercent(),
        some.create(),
        some.again());
  }
}
