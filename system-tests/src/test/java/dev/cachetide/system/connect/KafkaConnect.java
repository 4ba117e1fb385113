package dev.cachetide.system.connect;

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
import java.util.function.Supplier;
import org.awaitility.Awaitility;

/** Kafka Connect as it is published, in a process of its own, with Debezium on its class path. */
public final class KafkaConnect implements AutoCloseable {

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
  private final Supplier<ChildJvm> program;
  private ChildJvm jvm;
  private final String url;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  private KafkaConnect(Sandbox sandbox, Supplier<ChildJvm> program, int port) {
    this.sandbox = sandbox;
    this.program = program;
    jvm = program.get();
    url = "http://127.0.0.1:" + port + "/connectors";
  }

  /** Starts it without waiting; its offsets are in the directory. */
  public static KafkaConnect start(Sandbox sandbox, Path directory) throws IOException {
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
    ChildJvm.Builder program =
        ChildJvm.of("org.apache.kafka.connect.cli.ConnectStandalone")
            .classPath(Files.readString(CLASS_PATH).strip())
            .jvmOptions("-Xmx384m", "-Dlogback.configurationFile=" + logging)
            .outputFile(Files.createTempFile(directory, "connect", ".log"))
            .arguments(worker.toString());
    return new KafkaConnect(sandbox, program::start, port);
  }

  /** Waits until it takes connectors. */
  public void awaitReady() {
    Awaitility.await("Kafka Connect to answer")
        .atMost(Duration.ofMinutes(2))
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() -> send(request("")).statusCode() == 200);
  }

  /**
   * Starts Debezium's connector for every table of the schema public.
   *
   * @param prefix of its topics, and its own name
   * @param settings over the connector's defaults
   */
  public void startConnector(String prefix, Map<String, String> settings)
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
    startConnector(new Connector(prefix, config));
  }

  /** Starts a connector; where it was before, this process has in its file. */
  public void startConnector(Connector connector) throws IOException, InterruptedException {
    String body = new ObjectMapper().writeValueAsString(connector);
    HttpResponse<String> response =
        send(
            request("")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    if (response.statusCode() != 201) {
      throw new IOException(response.statusCode() + ": " + response.body());
    }
  }

  /** Stops a connector; its slot stays. */
  public void stopConnector(String name) throws IOException, InterruptedException {
    HttpResponse<String> response = send(request("/" + name).DELETE());
    if (response.statusCode() != 204) {
      throw new IOException(response.statusCode() + ": " + response.body());
    }
  }

  /** Ends the process as {@code kill -9} does. */
  public void kill() {
    jvm.killHard();
  }

  /** Starts it again after {@link #kill}, with the offsets that it had stored and no connector. */
  public void restart() {
    jvm = program.get();
    awaitReady();
  }

  /** What it has said, for a failure's message. */
  public String output() {
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

  /** What is posted to {@code /connectors}. */
  public record Connector(String name, Map<String, String> config) {

    /** The same connector with other values of some settings. */
    public Connector with(Map<String, String> settings) {
      Map<String, String> changed = new HashMap<>(config);
      changed.putAll(settings);
      return new Connector(name, changed);
    }
  }
}
