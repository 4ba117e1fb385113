package dev.cachetide.system;

import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Exactly the right keys leave, with ingest's topics. */
final class ExactKeysIT implements ExactKeysScenes {

  @TempDir private static Path directory;
  private static PipelineWorld world;

  @BeforeAll
  static void start() throws Exception {
    world = PipelineWorld.withIngest(directory, TABLES, "rules:\n" + RULES);
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
