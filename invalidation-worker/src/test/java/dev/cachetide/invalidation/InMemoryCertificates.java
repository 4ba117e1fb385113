package dev.cachetide.invalidation;

import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The note of the certified start, and a Postgres that can be taken away. */
final class InMemoryCertificates implements Evictor.Certificates {

  @Nullable String runId;
  boolean away;
  int attempts;

  @Override
  public Optional<String> certified() throws SQLException {
    answer();
    return Optional.ofNullable(runId);
  }

  @Override
  public void certify(String certified) throws SQLException {
    attempts++;
    answer();
    runId = certified;
  }

  private void answer() throws SQLException {
    if (away) {
      throw new SQLException("away", "08006");
    }
  }
}
