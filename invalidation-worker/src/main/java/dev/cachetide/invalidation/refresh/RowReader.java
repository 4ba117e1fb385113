package dev.cachetide.invalidation.refresh;

import static java.util.stream.Collectors.joining;

import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.Identifiers;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads rows from the primary over one connection, which is opened when needed and only reads.
 *
 * <p>Values and snapshot come out of one statement, so that they belong together: {@code
 * pg_current_snapshot()} is the snapshot that the statement runs in. Of a standby it is not of use,
 * so one is refused.
 */
final class RowReader implements RowSource {

  private static final Logger log = LoggerFactory.getLogger(RowReader.class);
  private static final String READ_ONLY_SQL_TRANSACTION = "25006";
  private static final String UNDEFINED = "42703";

  /** Locks are given up before Postgres looks for deadlocks: applications shall not be victims. */
  private static final String SETTINGS =
      "SET TimeZone = 'UTC'; SET statement_timeout = 2000; SET lock_timeout = 200;"
          + " SET default_transaction_read_only = on";

  private static final int PATIENCE_MILLIS = 3_000;

  private final PostgresConnector postgres;
  private final Function<TableName, Optional<TableInfo>> tables;
  private final Map<String, ValueShape> derived = new HashMap<>();
  private @Nullable Connection connection;

  RowReader(PostgresConnector postgres, Function<TableName, Optional<TableInfo>> tables) {
    this.postgres = postgres;
    this.tables = tables;
  }

  @Override
  public Loaded load(Refresh refresh, List<Map<String, @Nullable String>> rows)
      throws SQLException {
    TableInfo table = table(refresh);
    DerivedQuery query = refresh.query();
    return connected(
        open ->
            query == null
                ? byKey(open, refresh, table, rows)
                : derived(open, refresh, query, table, rows));
  }

  private Loaded byKey(
      Connection open, Refresh refresh, TableInfo table, List<Map<String, @Nullable String>> rows)
      throws SQLException {
    ValueShape shape = ValueShape.of(refresh.settings(), table);
    List<String> key = RowLookup.columns(refresh, table);
    Map<String, ColumnType> wanted = new LinkedHashMap<>();
    shape.fields().forEach(field -> wanted.put(field.column(), field.type()));
    needed(refresh, key).forEach(column -> wanted.put(column, type(table, column)));
    String found = RowLookup.joined(table, key);
    return run(open, "SELECT t.* FROM " + found, wanted, shape, arrays(open, table, key, rows));
  }

  private Loaded derived(
      Connection open,
      Refresh refresh,
      DerivedQuery query,
      TableInfo table,
      List<Map<String, @Nullable String>> rows)
      throws SQLException {
    List<String> types = new ArrayList<>();
    for (String column : query.columns()) {
      types.add(column(table, column).quotedType());
    }
    String sql = query.sql(types);
    ValueShape all = derived.get(refresh.path());
    if (all == null) {
      all = ValueShape.ofResult(RowLookup.everything(refresh.settings()), result(open, sql));
      derived.put(refresh.path(), all);
    }
    Map<String, ColumnType> wanted = new LinkedHashMap<>();
    all.fields().forEach(field -> wanted.put(field.column(), field.type()));
    requireKey(refresh, wanted.keySet());
    ValueShape shape = ValueShape.ofResult(refresh.settings(), wanted);
    return run(open, sql, wanted, shape, arrays(open, table, query.columns(), rows));
  }

  private static void requireKey(Refresh refresh, Set<String> returned) throws SQLException {
    for (String column : refresh.key().columns()) {
      if (!returned.contains(column)) {
        throw new SQLException(
            refresh.path() + ".query returns no column " + column + ", which its key needs",
            UNDEFINED);
      }
    }
  }

  /** The columns that a query returns, as the server describes them without running it. */
  static Map<String, ColumnType> result(Connection open, String sql) throws SQLException {
    try (PreparedStatement statement = open.prepareStatement(sql)) {
      ResultSetMetaData described = statement.getMetaData();
      Map<String, ColumnType> columns = new LinkedHashMap<>();
      for (int i = 1; i <= described.getColumnCount(); i++) {
        columns.put(
            described.getColumnLabel(i), ColumnType.ofResult(described.getColumnTypeName(i)));
      }
      return columns;
    }
  }

  private static Loaded run(
      Connection open,
      String from,
      Map<String, ColumnType> wanted,
      ValueShape shape,
      List<java.sql.Array> arrays)
      throws SQLException {
    String columns =
        wanted.entrySet().stream()
            .map(each -> each.getValue().select("q." + Identifiers.quoted(each.getKey())))
            .collect(joining(", "));
    String sql =
        "WITH q AS ("
            + from
            + ") SELECT pg_is_in_recovery(), pg_snapshot_xmin(pg_current_snapshot())::text,"
            + " pg_snapshot_xmax(pg_current_snapshot())::text, "
            + columns
            + " FROM q";
    long xmin = 0;
    long xmax = 0;
    List<Map<String, @Nullable String>> rows = new ArrayList<>();
    try (PreparedStatement statement = open.prepareStatement(sql)) {
      for (int i = 0; i < arrays.size(); i++) {
        statement.setArray(i + 1, arrays.get(i));
      }
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          if (result.getBoolean(1)) {
            throw new SQLException("this server is a standby", READ_ONLY_SQL_TRANSACTION);
          }
          xmin = Long.parseLong(result.getString(2));
          xmax = Long.parseLong(result.getString(3));
          rows.add(row(result, 4, wanted.keySet()));
        }
      }
    }
    return new Loaded(shape, xmin, xmax, rows);
  }

  @Override
  public List<Map<String, @Nullable String>> page(
      Refresh refresh, @Nullable Map<String, @Nullable String> after, int most)
      throws SQLException {
    TableInfo table = table(refresh);
    List<String> key = RowLookup.columns(refresh, table);
    Set<String> wanted = needed(refresh, key);
    String columns =
        wanted.stream()
            .map(column -> type(table, column).select("t." + Identifiers.quoted(column)))
            .collect(joining(", "));
    String sql = "SELECT " + columns + " FROM " + RowLookup.page(table, key, after != null, most);
    return connected(
        open -> {
          List<Map<String, @Nullable String>> rows = new ArrayList<>();
          try (PreparedStatement statement = open.prepareStatement(sql)) {
            for (int i = 0; after != null && i < key.size(); i++) {
              statement.setString(i + 1, after.get(key.get(i)));
            }
            try (ResultSet result = statement.executeQuery()) {
              while (result.next()) {
                rows.add(row(result, 1, wanted));
              }
            }
          }
          return rows;
        });
  }

  private static Set<String> needed(Refresh refresh, List<String> key) {
    Set<String> columns = new LinkedHashSet<>(key);
    columns.addAll(refresh.key().columns());
    if (refresh.settings().ttlColumn() != null) {
      columns.add(refresh.settings().ttlColumn());
    }
    return columns;
  }

  private static Map<String, @Nullable String> row(ResultSet result, int from, Set<String> columns)
      throws SQLException {
    Map<String, @Nullable String> row = new HashMap<>();
    int at = from;
    for (String column : columns) {
      row.put(column, result.getString(at++));
    }
    return row;
  }

  private static List<java.sql.Array> arrays(
      Connection open,
      TableInfo table,
      List<String> columns,
      List<Map<String, @Nullable String>> rows)
      throws SQLException {
    List<java.sql.Array> arrays = new ArrayList<>();
    for (String column : columns) {
      column(table, column);
      arrays.add(open.createArrayOf("text", rows.stream().map(row -> row.get(column)).toArray()));
    }
    return arrays;
  }

  private TableInfo table(Refresh refresh) throws SQLException {
    return tables
        .apply(refresh.table())
        .orElseThrow(() -> new SQLException("the catalogue was not read", UNDEFINED));
  }

  private static ColumnInfo column(TableInfo table, String name) throws SQLException {
    return table.column(name).orElseThrow(() -> new SQLException("no column " + name, UNDEFINED));
  }

  private static ColumnType type(TableInfo table, String column) {
    return table
        .column(column)
        .flatMap(ColumnType::of)
        .orElse(new ColumnType(ColumnType.Kind.TEXT, null));
  }

  private <T> T connected(Asking<T> asking) throws SQLException {
    try {
      Connection open = connection;
      if (open == null) {
        open = postgres.connect();
        connection = open;
        open.setNetworkTimeout(Runnable::run, PATIENCE_MILLIS);
        try (Statement statement = open.createStatement()) {
          statement.execute(SETTINGS);
        }
      }
      return asking.ask(open);
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  @Override
  public void close() {
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        // It is given up in any case, and held no transaction.
        log.atDebug().setCause(e).log("connection did not close");
      }
      connection = null;
    }
  }

  /** Something that is asked over the connection. */
  private interface Asking<T> {
    T ask(Connection open) throws SQLException;
  }
}
