package dev.cachetide.system;

import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** What stands under keys is what the tables hold, with ingest's topics. */
final class RefreshIT implements RefreshScenes {

  @TempDir private static Path directory;
  private static PipelineWorld world;

  @BeforeAll
  static void start() throws Exception {
    world = PipelineWorld.withIngest(directory, REFRESHED_TABLES, "rules:\n" + REFRESHES);
  }

  @AfterAll
  static void stop() throws SQLException {
    world.close();
  }

  @Override
  public PipelineWorld world() {
    return world;
  }
}
