package dev.cachetide.writebehind;

import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.WriteTableSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;

/** What has to be right in Postgres before the first write: our own schema, the listed tables. */
final class Preparation {

  private final List<WriteTableSettings> listed;
  private boolean done;

  Preparation(List<WriteTableSettings> listed) {
    this.listed = List.copyOf(listed);
  }

  /**
   * Prepares once; the calls after a success do nothing.
   *
   * @throws GiveUpException naming every listed table that cannot be written to
   */
  void prepare(Connection connection) throws SQLException, GiveUpException {
    if (done) {
      return;
    }
    installSchema(connection);
    List<Problem> problems = WriteCatalogCheck.problems(connection, "settings", listed);
    connection.rollback();
    if (!problems.isEmpty()) {
      throw new GiveUpException(
          problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    }
    done = true;
  }

  private static void installSchema(Connection connection) throws SQLException {
    connection.setAutoCommit(true);
    CachetideSchema.install(connection);
    connection.setAutoCommit(false);
  }
}
