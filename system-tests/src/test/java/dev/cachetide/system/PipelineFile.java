package dev.cachetide.system;

import dev.cachetide.sandbox.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A configuration file for a pipeline on the sandbox, as a user would write it. */
final class PipelineFile {

  private final String postgresUrl;
  private final String user;
  private final String bootstrapServers;
  private String redisUri;
  private String pipeline = "system";
  private int httpPort;
  private String body = "";

  private PipelineFile(Sandbox sandbox) {
    postgresUrl = sandbox.postgres().jdbcUrl();
    user = sandbox.postgres().user();
    bootstrapServers = sandbox.kafka().bootstrapServers();
    redisUri = sandbox.redis().uri();
  }

  static PipelineFile on(Sandbox sandbox) {
    return new PipelineFile(sandbox);
  }

  /** Everything below the servers: rules, writes, settings of the roles. */
  PipelineFile body(String yaml) {
    body = yaml;
    return this;
  }

  PipelineFile redisUri(String uri) {
    redisUri = uri;
    return this;
  }

  PipelineFile pipeline(String name) {
    pipeline = name;
    return this;
  }

  PipelineFile httpPort(int port) {
    httpPort = port;
    return this;
  }

  Path write(Path directory) throws IOException {
    return Files.writeString(
        Files.createTempFile(directory, "pipeline", ".yaml"),
        """
        pipeline: %s
        postgres: { url: "%s", user: "%s" }
        kafka: { bootstrap.servers: "%s", consumer: { session.timeout.ms: 6000 } }
        redis: { url: "%s" }
        http: { port: %d }
        """
                .formatted(pipeline, postgresUrl, user, bootstrapServers, redisUri, httpPort)
            + body);
  }
}
