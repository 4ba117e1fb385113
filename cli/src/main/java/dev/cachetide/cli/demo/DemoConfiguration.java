package dev.cachetide.cli.demo;

import dev.cachetide.runtime.settings.PipelineSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** The shop's configuration with the embedded servers named in it, for a process of its own. */
final class DemoConfiguration {

  private DemoConfiguration() {}

  /**
   * Writes the file.
   *
   * @param shop the shop's own file, which names no server
   * @param running names every server
   */
  static Path write(Path directory, Path shop, PipelineSettings running) throws IOException {
    var postgres = Objects.requireNonNull(running.postgres());
    String servers =
        """

        postgres: { url: "%s", user: "%s" }
        # a short session, so that a killed worker is given up in seconds
        kafka: { bootstrap.servers: "%s", consumer: { session.timeout.ms: 6000 } }
        redis: { url: "%s" }
        """
            .formatted(
                postgres.url(),
                postgres.user(),
                Objects.requireNonNull(running.kafka()).common().get("bootstrap.servers"),
                Objects.requireNonNull(running.redis()).url());
    return Files.writeString(directory.resolve("demo.yaml"), Files.readString(shop) + servers);
  }
}
