package dev.cachetide.invalidation;

import java.sql.SQLException;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The note of the certified start, and a Postgres that can be taken away. */
final class InMemoryCertificates implements Evictor.Certificates {

  @Nullable String runId;
  boolean away;
  int attempts;

  @Override
  public Set<String> certified() throws SQLException {
    answer();
    return runId == null ? Set.of() : Set.of(runId.split(","));
  }

  @Override
  public void certify(Set<String> certified) throws SQLException {
    attempts++;
    answer();
    runId = String.join(",", new TreeSet<>(certified));
  }

  private void answer() throws SQLException {
    if (away) {
      throw new SQLException("away", "08006");
    }
  }
}
