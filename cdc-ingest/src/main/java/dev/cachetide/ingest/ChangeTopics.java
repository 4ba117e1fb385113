package dev.cachetide.ingest;

import dev.cachetide.runtime.settings.PipelineSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.TreeSet;

/** The topics that ingest publishes row changes to, for those who look after them. */
public final class ChangeTopics {

  private ChangeTopics() {}

  /** Those of the tables that rules name, and the one of generations; globs match none. */
  public static Set<String> named(PipelineSettings settings) {
    return new TreeSet<>(new CapturedTables(settings).topics());
  }

  /**
   * The same with those of the tables that globs match now.
   *
   * @throws SQLException when Postgres does not answer
   */
  public static Set<String> now(Connection connection, PipelineSettings settings)
      throws SQLException {
    Set<String> topics = named(settings);
    topics.addAll(new CapturedTables(settings).topicsNow(connection));
    return topics;
  }
}
