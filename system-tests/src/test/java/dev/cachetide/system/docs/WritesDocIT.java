package dev.cachetide.system.docs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.SettingsLoader;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.wire.WriteCommandCodec;
import dev.cachetide.writebehind.WriteBehindWorker;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code docs/writes.md} says to a producer, done as it stands there: only the broker's
 * address is another one.
 */
final class WritesDocIT {

  private static final Path DOCUMENT = Path.of("../docs/writes.md");
  private static final Path TOOLS = Path.of("kafka-connect", "target", "classpath");
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)\\n(.*?)^```$");

  /** What an application would write above the document's lines. */
  private static final String PROGRAM =
      """
      import dev.cachetide.*;
      import dev.cachetide.WritePublisher.Accepted;
      import dev.cachetide.wire.*;
      import java.util.*;
      import org.apache.kafka.clients.producer.*;
      public final class Producing {
        public static void main(String[] arguments) throws Exception {
      %s
        }
      }
      """;

  @TempDir private static Path directory;
  private static Sandbox sandbox;
  private static Connection connection;
  private static Program worker;

  @BeforeAll
  static void start() throws Exception {
    sandbox = Sandbox.start();
    connection = sandbox.postgres().connect();
    execute("CREATE TABLE users (id bigint PRIMARY KEY, email text, name text)");
    execute("CREATE TABLE products (id bigint PRIMARY KEY, stock int, price numeric(10, 2))");
    Path file =
        Files.writeString(
            directory.resolve("pipeline.yaml"),
            """
            pipeline: shop
            postgres: { url: "%s", user: "%s" }
            kafka: { bootstrap.servers: "%s" }
            writes:
              - { table: public.users, key: [id] }
              - { table: public.products, key: [id] }
            """
                .formatted(
                    sandbox.postgres().jdbcUrl(),
                    sandbox.postgres().user(),
                    sandbox.kafka().bootstrapServers()));
    LoadedSettings.Loaded loaded = (LoadedSettings.Loaded) SettingsLoader.load(file, Map.of());
    worker = new WriteBehindWorker(loaded.settings(), new SimpleMeterRegistry());
    worker.start();
    Awaitility.await().atMost(SOON).until(() -> worker.readiness().ready());
  }

  @AfterAll
  static void stop() throws SQLException {
    worker.close();
    connection.close();
    sandbox.close();
  }

  @BeforeEach
  void begin() throws SQLException {
    execute("TRUNCATE users, products");
    execute("INSERT INTO users VALUES (7, 'old@example.com', 'old')");
    execute("INSERT INTO products VALUES (3, 10, 1.00)");
  }

  @Test
  void every_command_that_is_shown_is_taken() throws Exception {
    List<String> commands =
        blocks("json").stream().filter(block -> block.contains("\"op\"")).toList();
    assertThat(commands).hasSizeGreaterThanOrEqualTo(4);
    long parked = number("SELECT count(*) FROM cachetide.dead_letter");
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      long before = applied();
      for (String command : commands) {
        byte[] value = command.strip().getBytes(UTF_8);
        JsonNode key = JsonMapper.builder().build().readTree(value);
        // on their own, in an empty world with one row of each table
        begin();
        producer
            .send(
                new ProducerRecord<>(
                    "shop.writes",
                    WriteCommandCodec.recordKey(WriteCommandCodec.decode(value)),
                    value))
            .get();
        before++;
        long expected = before;
        Awaitility.await(key.path("op").asText()).atMost(SOON).until(() -> applied() >= expected);
      }
    }
    assertThat(number("SELECT count(*) FROM cachetide.dead_letter")).isEqualTo(parked);
  }

  @Test
  void the_console_producers_line_writes_a_row() throws Exception {
    List<String> lines =
        blocks("sh").stream().filter(block -> block.contains("kafka-console-producer.sh")).toList();
    assertThat(lines).hasSize(1);
    Path script = directory.resolve("kafka-console-producer.sh");
    Files.writeString(
        script,
        """
        #!/bin/sh
        exec "%s" -cp "%s" org.apache.kafka.tools.ConsoleProducer "$@"
        """
            .formatted(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                Files.readString(TOOLS).strip()));
    assertThat(script.toFile().setExecutable(true)).isTrue();
    ProcessBuilder shell =
        new ProcessBuilder("/bin/sh", "-c", here(lines.get(0))).redirectErrorStream(true);
    shell.environment().merge("PATH", directory.toString(), (path, own) -> own + ":" + path);
    Process process = shell.start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    awaitAda(said);
  }

  @Test
  void the_java_without_cachetide_and_the_java_with_it_write_a_row() throws Exception {
    List<String> programs = blocks("java");
    assertThat(programs).hasSizeGreaterThanOrEqualTo(2);
    int run = 0;
    for (String program : programs) {
      if (program.contains("broker:9092")) {
        begin();
        run(program, directory.resolve("program" + run++));
        awaitAda(program);
      }
    }
    assertThat(run).isGreaterThanOrEqualTo(2);
  }

  private static void run(String lines, Path folder) throws Exception {
    Files.createDirectories(folder);
    Path source =
        Files.writeString(folder.resolve("Producing.java"), PROGRAM.formatted(here(lines)));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    int status = compiler.run(null, null, null, "-d", folder.toString(), source.toString());
    assertThat(status).as(lines).isZero();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      Method main = loader.loadClass("Producing").getMethod("main", String[].class);
      main.invoke(null, (Object) new String[0]);
    }
  }

  private static String here(String text) {
    return text.replace("broker:9092", sandbox.kafka().bootstrapServers());
  }

  private static void awaitAda(String by) {
    Awaitility.await(by)
        .atMost(SOON)
        .until(() -> number("SELECT count(*) FROM users WHERE id = 7 AND name = 'Ada'") == 1);
  }

  private static long applied() throws SQLException {
    return number("SELECT coalesce(sum(next_offset), 0) FROM cachetide.consumer_offset");
  }

  private static List<String> blocks(String kind) throws IOException {
    List<String> blocks = new ArrayList<>();
    BLOCK
        .matcher(Files.readString(DOCUMENT))
        .results()
        .filter(found -> found.group(1).equals(kind))
        .forEach(found -> blocks.add(found.group(2)));
    return blocks;
  }

  private static long number(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getLong(1);
    }
  }

  private static void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
