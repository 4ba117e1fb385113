package dev.cachetide.system.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.ingest.CdcIngest;
import dev.cachetide.invalidation.InvalidationWorker;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.SettingsLoader;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.system.docs.Example.Document;
import dev.cachetide.writebehind.WriteBehindWorker;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every example of {@code docs/rules.md}, on real servers: what it says leaves, and stays. */
final class RulesDocIT {

  private static final Path DOCUMENT = Path.of("../docs/rules.md");
  private static final Duration SOON = Duration.ofSeconds(60);

  private static final List<String> TABLES = List.of("products", "users", "orders", "visits");

  /**
   * A rule for every table, so that the worker reads all topics whatever the example's rules are.
   * The end of an example's events is seen by the keys of the fence.
   */
  private static final String BASE =
      Stream.concat(TABLES.stream(), Stream.of("fence"))
          .map(
              "  - { name: base-%1$s, source: { table: %1$s }, evict: [ { key: \"%1$s:{id}\" } ] }\n"
                  ::formatted)
          .collect(Collectors.joining());

  private static final int FENCE_ROWS = 60;

  @TempDir private static Path directory;
  private static Sandbox sandbox;
  private static Document document;
  private static Connection connection;
  private static RedisClient client;
  private static RedisCommands<String, String> redis;
  private static Group group;
  private static Program ingest;
  private static int fences;

  @BeforeAll
  static void start() throws Exception {
    sandbox = Sandbox.start();
    document = Example.read(DOCUMENT);
    connection = sandbox.postgres().connect();
    client = RedisClient.create(sandbox.redis().uri());
    redis = client.connect().sync();
    group = new Group(sandbox.kafka().bootstrapServers(), "docs.invalidate");
    execute(document.others().get("sql tables"));
    execute("CREATE TABLE fence (id bigint PRIMARY KEY)");
    ingest = new CdcIngest(settings("rules:\n" + BASE), new SimpleMeterRegistry());
    ingest.start();
    awaitReady(ingest);
  }

  @AfterAll
  static void stop() throws SQLException {
    ingest.close();
    group.close();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    connection.close();
    sandbox.close();
  }

  static Stream<Example> examples() throws IOException {
    return Example.read(DOCUMENT).examples().stream();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void an_example_does_what_the_document_says(Example example) throws Exception {
    execute("TRUNCATE " + String.join(", ", TABLES));
    execute(document.others().get("sql rows"));
    List<Program> workers = workers(example);
    try {
      pass();
      redis.flushall();
      List<String> leaves = example.keys("leaves");
      List<String> stays = example.keys("stays");
      Stream.concat(leaves.stream(), stays.stream()).forEach(key -> redis.set(key, "cached"));

      execute(example.sql());
      produce(example.command());

      Awaitility.await("entries to leave")
          .atMost(SOON)
          .pollInterval(Duration.ofMillis(5))
          .untilAsserted(
              () -> assertThat(leaves).noneMatch(key -> redis.exists(key) == 1, "still cached"));
      for (Map.Entry<String, String> value : example.becomes().entrySet()) {
        Awaitility.await(value.toString())
            .atMost(SOON)
            .untilAsserted(() -> assertThat(text(value.getKey())).isEqualTo(value.getValue()));
      }
      pass();
      assertThat(stays).allMatch(key -> redis.exists(key) == 1, "cached");
    } finally {
      workers.forEach(Program::close);
    }
  }

  @Test
  void every_key_of_a_rule_stands_in_an_example() throws IOException {
    String yaml = String.join("\n", examples().map(Example::rules).toList());
    List<String> keys = RuleKeys.published();
    assertThat(keys).contains("evict", "when", "changed").hasSizeGreaterThan(20);
    assertThat(keys).allMatch(key -> yaml.matches("(?s).*\\b" + key + "\\b.*"), "in an example");
  }

  private static List<Program> workers(Example example) throws IOException {
    PipelineSettings settings =
        settings(example.rules().replaceFirst("(?m)^rules:\\n", "rules:\n" + BASE));
    List<Program> workers = new ArrayList<>();
    workers.add(new InvalidationWorker(settings, new SimpleMeterRegistry()));
    if (!example.command().isEmpty()) {
      workers.add(new WriteBehindWorker(settings, new SimpleMeterRegistry()));
    }
    workers.forEach(Program::start);
    workers.forEach(RulesDocIT::awaitReady);
    return workers;
  }

  private static PipelineSettings settings(String rules) throws IOException {
    Path file = Files.createTempFile(directory, "rules", ".yaml");
    Files.writeString(
        file,
        """
        pipeline: docs
        postgres: { url: "%s", user: "%s" }
        kafka: { bootstrap.servers: "%s" }
        redis: { url: "%s" }
        """
                .formatted(
                    sandbox.postgres().jdbcUrl(),
                    sandbox.postgres().user(),
                    sandbox.kafka().bootstrapServers(),
                    sandbox.redis().uri())
            + rules);
    LoadedSettings loaded = SettingsLoader.load(file, Map.of());
    assertThat(loaded).isInstanceOf(LoadedSettings.Loaded.class);
    return ((LoadedSettings.Loaded) loaded).settings();
  }

  private static void produce(String command) throws Exception {
    if (command.isEmpty()) {
      return;
    }
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer
          .send(
              new ProducerRecord<>(
                  "docs.writes",
                  "public.users{\"id\":1}".getBytes(StandardCharsets.UTF_8),
                  command.strip().getBytes(StandardCharsets.UTF_8)))
          .get();
    }
  }

  /** Waits until every partition has passed what was committed so far. */
  private static void pass() throws SQLException {
    int first = fences;
    fences += FENCE_ROWS;
    for (int id = first; id < fences; id++) {
      redis.set("fence:" + id, "cached");
    }
    execute("INSERT INTO fence SELECT generate_series(%d, %d)".formatted(first, fences - 1));
    Awaitility.await("the fence to be passed")
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> redis.keys("fence:*").isEmpty());
    Awaitility.await("every partition to be read").atMost(SOON).until(group::isDone);
  }

  private static String text(String key) {
    return switch (redis.type(key)) {
      case "hash" -> redis.hgetall(key).toString();
      case "string" -> redis.get(key);
      default -> "";
    };
  }

  private static void awaitReady(Program program) {
    Awaitility.await(program.name() + " to be ready")
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> program.readiness().ready());
  }

  private static void execute(String sql) throws SQLException {
    if (sql.isEmpty()) {
      return;
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
