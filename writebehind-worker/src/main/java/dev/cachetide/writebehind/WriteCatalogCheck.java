package dev.cachetide.writebehind;

import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.WriteTableSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Compares the tables that a configuration lists for writes with what Postgres has. */
public final class WriteCatalogCheck {

  private WriteCatalogCheck() {}

  /**
   * Every listed table that does not exist or is no table, and every key column that it does not
   * have.
   *
   * @param file as the user named it
   * @return in the file's order; empty when all is well
   * @throws SQLException when Postgres does not answer
   */
  public static List<Problem> problems(
      Connection connection, String file, List<WriteTableSettings> writes) throws SQLException {
    return problems(new WriteCatalogQuery(writes).load(connection), file, writes);
  }

  static List<Problem> problems(CatalogRows rows, String file, List<WriteTableSettings> writes) {
    List<Problem> problems = new ArrayList<>();
    for (WriteTableSettings table : writes) {
      for (CatalogRows.Mistake mistake : rows.mistakes(table)) {
        problems.add(
            new Problem(file, table.path() + mistake.path(), mistake.message(), mistake.fix()));
      }
    }
    return problems;
  }
}
