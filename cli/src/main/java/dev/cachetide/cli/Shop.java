package dev.cachetide.cli;

import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;

/** The example that is served when no configuration is named. */
final class Shop {

  private Shop() {}

  /** The shop's configuration file. */
  static Path configuration() {
    return directory().resolve("cachetide.yaml");
  }

  /** Creates the shop's tables and rows where they are missing. */
  static void createIn(PipelineSettings settings) throws SQLException, IOException {
    String schema = Files.readString(directory().resolve("schema.sql"));
    try (Connection connection =
            new PostgresConnector(Objects.requireNonNull(settings.postgres()), "cachetide-shop")
                .connect();
        Statement statement = connection.createStatement()) {
      statement.execute(schema);
    }
  }

  private static Path directory() {
    return Path.of(System.getProperty("cachetide.home", "."), "examples", "shop");
  }
}
