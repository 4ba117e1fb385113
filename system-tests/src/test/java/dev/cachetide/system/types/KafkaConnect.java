package dev.cachetide.system.types;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.sandbox.ChildJvm;
import dev.cachetide.sandbox.Sandbox;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.awaitility.Awaitility;

/** Kafka Connect as it is published, in a process of its own, with Debezium on its class path. */
final class KafkaConnect implements AutoCloseable {

  /** Written by the module kafka-connect. */
  private static final Path CLASS_PATH = Path.of("kafka-connect", "target", "classpath");

  private static final String QUIET =
      """
      <configuration>
        <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
          <encoder><pattern>%d %-5level %logger{0} %msg%n</pattern></encoder>
        </appender>
        <root level="WARN"><appender-ref ref="OUT"/></root>
      </configuration>
      """;

  private final Sandbox sandbox;
  private final ChildJvm jvm;
  private final String url;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  private KafkaConnect(Sandbox sandbox, ChildJvm jvm, int port) {
    this.sandbox = sandbox;
    this.jvm = jvm;
    url = "http://127.0.0.1:" + port + "/connectors";
  }

  static KafkaConnect start(Sandbox sandbox, Path directory) throws IOException {
    int port = freePort();
    Path worker =
        Files.writeString(
            directory.resolve("connect.properties"),
            """
            bootstrap.servers=%s
            key.converter=org.apache.kafka.connect.json.JsonConverter
            value.converter=org.apache.kafka.connect.json.JsonConverter
            offset.storage.file.filename=%s
            offset.flush.interval.ms=1000
            listeners=http://127.0.0.1:%d
            """
                .formatted(sandbox.kafka().bootstrapServers(), directory.resolve("offsets"), port));
    Path logging = Files.writeString(directory.resolve("connect-logback.xml"), QUIET);
    ChildJvm jvm =
        ChildJvm.of("org.apache.kafka.connect.cli.ConnectStandalone")
            .classPath(Files.readString(CLASS_PATH).strip())
            .jvmOptions("-Xmx384m", "-Dlogback.configurationFile=" + logging)
            .arguments(worker.toString())
            .start();
    return new KafkaConnect(sandbox, jvm, port);
  }

  void awaitReady() {
    Awaitility.await("Kafka Connect to answer")
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() -> send(request("")).statusCode() == 200);
  }

  /**
   * Starts Debezium's connector for every table of the schema public.
   *
   * @param prefix of its topics, and its own name
   * @param settings over the connector's defaults
   */
  void startConnector(String prefix, Map<String, String> settings)
      throws IOException, InterruptedException {
    Map<String, String> config = new HashMap<>();
    config.put("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
    config.put("database.hostname", "127.0.0.1");
    config.put("database.port", Integer.toString(sandbox.postgres().port()));
    config.put("database.user", sandbox.postgres().user());
    config.put("database.password", "unused");
    config.put("database.dbname", "postgres");
    config.put("topic.prefix", prefix);
    config.put("plugin.name", "pgoutput");
    config.put("slot.name", prefix);
    config.put("publication.name", prefix);
    config.put("publication.autocreate.mode", "filtered");
    config.put("schema.include.list", "public");
    config.put("snapshot.mode", "initial");
    config.put("skipped.operations", "none");
    config.put("poll.interval.ms", "20");
    config.putAll(settings);
    String body = new ObjectMapper().writeValueAsString(Map.of("name", prefix, "config", config));
    HttpResponse<String> response =
        send(
            request("")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    if (response.statusCode() != 201) {
      throw new IOException(response.statusCode() + ": " + response.body());
    }
  }

  void stopConnector(String prefix) throws IOException, InterruptedException {
    send(request("/" + prefix).DELETE());
  }

  /** What it has said, for a failure's message. */
  String output() {
    return jvm.output();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(30));
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    jvm.close();
  }
}
