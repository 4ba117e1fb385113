package dev.cachetide.invalidation.refresh;

import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Lets Postgres describe the queries of derived values, without running them. */
public final class DerivedQueryCheck {

  /** SQLSTATE classes of a statement that is wrong: syntax, names, types, privileges. */
  private static final Set<String> WRONG = Set.of("42", "22", "0A");

  private DerivedQueryCheck() {}

  /**
   * Every query that does not fit the database.
   *
   * @param tables as the catalogue describes them
   * @throws SQLException when Postgres is away
   */
  public static List<Problem> problems(
      PostgresConnector postgres,
      String file,
      List<Refresh> refreshes,
      Function<TableName, Optional<TableInfo>> tables)
      throws SQLException {
    List<Problem> problems = new ArrayList<>();
    for (Refresh refresh : refreshes) {
      DerivedQuery query = refresh.query();
      TableInfo table = tables.apply(refresh.table()).orElse(null);
      // What the check against the catalogue has refused is not described.
      if (query != null
          && table != null
          && query.columns().stream().allMatch(column -> table.column(column).isPresent())) {
        check(postgres, file, refresh, query, table).ifPresent(problems::add);
      }
    }
    return problems;
  }

  private static Optional<Problem> check(
      PostgresConnector postgres, String file, Refresh refresh, DerivedQuery query, TableInfo table)
      throws SQLException {
    String path = refresh.path() + ".query";
    List<String> types =
        query.columns().stream()
            .flatMap(column -> table.column(column).stream())
            .map(ColumnInfo::quotedType)
            .toList();
    try (Connection connection = postgres.connect()) {
      Set<String> returned = RowReader.result(connection, query.sql(types)).keySet();
      return refresh.key().columns().stream()
          .filter(column -> !returned.contains(column))
          .findFirst()
          .map(
              missing ->
                  new Problem(
                      file,
                      path,
                      "returns no column " + missing + ", which the key needs",
                      "select it, or name another column AS " + missing));
    } catch (SQLException e) {
      String state = String.valueOf(e.getSQLState());
      if (state.length() == 5 && WRONG.contains(state.substring(0, 2))) {
        return Optional.of(
            new Problem(file, path, "Postgres refuses it: " + e.getMessage(), "correct the query"));
      }
      throw e;
    }
  }
}
