package dev.cachetide.benchmarks.writes;

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
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * Kafka Connect in a process of its own with Debezium's JDBC sink, as fast as its manual says to
 * make it: batches as large as the others', its reduction buffer on, no schema in the records, no
 * schema evolution, statements rewritten by the driver or its own unnest.
 */
final class JdbcSink implements AutoCloseable {

  /** Written by the module jdbc-sink. */
  static final String CLASS_PATH = "writes.jdbcSinkClassPath";

  private static final String QUIET =
      """
      <configuration>
        <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
          <encoder><pattern>%d %-5level %logger{0} %msg%n</pattern></encoder>
        </appender>
        <root level="WARN"><appender-ref ref="OUT"/></root>
      </configuration>
      """;

  private static final String KEY =
      "{\"type\":\"struct\",\"fields\":[{\"field\":\"id\",\"type\":\"int64\"}]}";
  private static final String VALUE =
      "{\"type\":\"struct\",\"fields\":[{\"field\":\"name\",\"type\":\"string\"},"
          + "{\"field\":\"price\",\"type\":\"bytes\",\"version\":1,"
          + "\"name\":\"org.apache.kafka.connect.data.Decimal\",\"parameters\":{\"scale\":\"2\"}},"
          + "{\"field\":\"stock\",\"type\":\"int32\"}]}";

  private final Sandbox sandbox;
  private final ChildJvm jvm;
  private final String url;
  private final int batchRows;
  private final HttpClient http = HttpClient.newHttpClient();
  private int connectors;

  private JdbcSink(Sandbox sandbox, ChildJvm jvm, int port, int batchRows) {
    this.sandbox = sandbox;
    this.jvm = jvm;
    this.batchRows = batchRows;
    url = "http://127.0.0.1:" + port + "/connectors";
  }

  /** Starts the process, without a connector yet. */
  static JdbcSink start(Sandbox sandbox, Path folder, int batchRows)
      throws IOException, InterruptedException, TimeoutException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    Path worker =
        Files.writeString(
            folder.resolve("connect.properties"),
            """
            bootstrap.servers=%s
            key.converter=org.apache.kafka.connect.json.JsonConverter
            value.converter=org.apache.kafka.connect.json.JsonConverter
            offset.storage.file.filename=%s
            listeners=http://127.0.0.1:%d
            """
                .formatted(sandbox.kafka().bootstrapServers(), folder.resolve("offsets"), port));
    Path logging = Files.writeString(folder.resolve("connect-logback.xml"), QUIET);
    ChildJvm jvm =
        ChildJvm.of("org.apache.kafka.connect.cli.ConnectStandalone")
            .classPath(Files.readString(Path.of(System.getProperty(CLASS_PATH))).strip())
            .jvmOptions("-Xmx1g", "-Dlogback.configurationFile=" + logging)
            .arguments(worker.toString())
            .start();
    JdbcSink sink = new JdbcSink(sandbox, jvm, port, batchRows);
    sink.awaitReady();
    return sink;
  }

  /** Starts a connector that reads the topic from its beginning; answers its name. */
  String connect(Topic topic, boolean unnest) throws IOException, InterruptedException {
    String name = "sink-" + ++connectors;
    Map<String, String> config = new HashMap<>();
    config.put("connector.class", "io.debezium.connector.jdbc.JdbcSinkConnector");
    config.put("tasks.max", "1");
    config.put("topics", topic.name());
    config.put("connection.url", sandbox.postgres().jdbcUrl() + "?reWriteBatchedInserts=true");
    config.put("connection.username", sandbox.postgres().user());
    config.put("connection.password", sandbox.postgres().password());
    config.put("collection.name.format", Row.TABLE);
    config.put("insert.mode", "upsert");
    config.put("primary.key.mode", "record_key");
    config.put("primary.key.fields", "id");
    config.put("schema.evolution", "none");
    config.put("use.reduction.buffer", "true");
    config.put("batch.size", Integer.toString(batchRows));
    config.put("dialect.postgres.unnest.insert.enabled", Boolean.toString(unnest));
    config.put("consumer.override.max.poll.records", Integer.toString(batchRows));
    config.put("consumer.override.auto.offset.reset", "earliest");
    config.put("key.converter", "org.apache.kafka.connect.json.JsonConverter");
    config.put("key.converter.schema.content", KEY);
    config.put("value.converter", "org.apache.kafka.connect.json.JsonConverter");
    config.put("value.converter.schema.content", VALUE);
    String body = new ObjectMapper().writeValueAsString(Map.of("name", name, "config", config));
    HttpResponse<String> response =
        send(
            request("")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    if (response.statusCode() != 201) {
      throw new IOException(response.statusCode() + ": " + response.body());
    }
    return name;
  }

  void disconnect(String name) throws IOException, InterruptedException {
    send(request("/" + name).DELETE());
  }

  /** What it has said, for a failure's message. */
  String output() {
    return jvm.output();
  }

  @Override
  public void close() {
    jvm.close();
  }

  private void awaitReady() throws InterruptedException, TimeoutException {
    long deadline = System.nanoTime() + 60_000_000_000L;
    while (!answers()) {
      if (System.nanoTime() - deadline > 0) {
        throw new TimeoutException("Kafka Connect does not answer:\n" + output());
      }
      LockSupport.parkNanos(100_000_000);
    }
  }

  private boolean answers() throws InterruptedException {
    try {
      return send(request("")).statusCode() == 200;
    } catch (IOException e) {
      return false; // it is not there yet
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(60));
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
}
