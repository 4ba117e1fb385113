package dev.cachetide.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cachetide.ingest.CdcIngest;
import dev.cachetide.invalidation.InvalidationWorker;
import dev.cachetide.runtime.GroupLag;
import dev.cachetide.runtime.GroupLag.PartitionLag;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.SettingsLoader;
import dev.cachetide.sandbox.ChildJvm;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.wire.WriteCommandCodec;
import dev.cachetide.writebehind.WriteBehindWorker;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code cachetide lag} beside Kafka's own tool, on workers that run and that were stopped. Hearts
 * beat slowly here: what has come and is not committed yet would be seen at the moment of a look.
 */
@SuppressWarnings("NullAway.Init")
final class LagCommandIT {

  private static final Path TOOLS = Path.of("kafka-connect", "target", "classpath");
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String INVALIDATE = "system.invalidate";
  private static final String WRITE_BEHIND = "system.write-behind";

  @TempDir private static Path directory;
  private static Sandbox sandbox;
  private static Connection connection;
  private static Path config;
  private static PipelineSettings settings;
  private static GroupLag onlooker;

  @BeforeAll
  static void start() throws Exception {
    sandbox = Sandbox.start();
    connection = sandbox.postgres().connect();
    execute("CREATE TABLE users (id int PRIMARY KEY, email text)");
    config =
        Files.writeString(
            directory.resolve("system.yaml"),
            """
            pipeline: system
            postgres: { url: "%s", user: "%s" }
            kafka: { bootstrap.servers: "%s" }
            redis: { url: "%s" }
            ingest: { partitions: 3, heartbeat: 1m }
            writebehind: { partitions: 2 }
            rules:
              - name: users
                source: { schema: public, table: users }
                evict: [ { key: "user:{id}" } ]
            writes:
              - { table: public.users, key: [id] }
            """
                .formatted(
                    sandbox.postgres().jdbcUrl(),
                    sandbox.postgres().user(),
                    sandbox.kafka().bootstrapServers(),
                    sandbox.redis().uri()));
    settings = ((LoadedSettings.Loaded) SettingsLoader.load(config, Map.of())).settings();
    onlooker =
        new GroupLag(
            new KafkaClients(Objects.requireNonNull(settings.kafka())),
            "onlooker",
            InstantSource.system());
  }

  @AfterAll
  static void stop() throws Exception {
    onlooker.close();
    connection.close();
    sandbox.close();
  }

  @Test
  void what_waits_is_counted_as_kafka_counts_it_and_ages_by_a_second_a_second() throws Exception {
    List<Program> workers =
        List.of(
            new InvalidationWorker(settings, new SimpleMeterRegistry()),
            new WriteBehindWorker(settings, new SimpleMeterRegistry()));
    try (Program ingest = new CdcIngest(settings, new SimpleMeterRegistry())) {
      ingest.start();
      workers.forEach(Program::start);
      soon().until(() -> ingest.readiness().ready());
      workers.forEach(each -> soon().until(() -> each.readiness().ready()));
      execute("INSERT INTO users SELECT n, 'x' FROM generate_series(1, 500) n");
      soon().until(() -> published() >= 500 && atRest());
      nothing_waits_and_everything_is_read_by_somebody();
      workers.forEach(Program::close);
      execute("UPDATE users SET email = 'y' WHERE id <= 120");
      publishWrites(40);
      soon().until(() -> waiting(INVALIDATE).mapToLong(PartitionLag::records).sum() >= 120);
    }
    kafkas_own_tool_says_the_same();
    what_waits_ages();
    workers_that_come_back_leave_nothing_behind();
  }

  private static void nothing_waits_and_everything_is_read_by_somebody() throws Exception {
    JsonNode report = lag();
    for (String group : List.of(INVALIDATE, WRITE_BEHIND)) {
      JsonNode found = group(report, group);
      assertThat(found.get("records").asLong()).as(report.toString()).isZero();
      assertThat(found.get("seconds").asDouble()).as(report.toString()).isZero();
      assertThat(found.get("partitions"))
          .as(report.toString())
          .isNotEmpty()
          .allMatch(partition -> partition.get("clientId").asText().startsWith(group));
    }
  }

  private static void kafkas_own_tool_says_the_same() throws Exception {
    JsonNode report = lag();
    Map<String, Map<String, String>> theirs = theirs();
    for (String group : List.of(INVALIDATE, WRITE_BEHIND)) {
      Map<String, String> ours = new TreeMap<>();
      for (JsonNode each : group(report, group).get("partitions")) {
        if (!each.get("committed").isNull()) {
          String place = each.get("topic").asText() + " " + each.get("partition");
          ours.put(
              place, each.get("committed") + " " + each.get("end") + " " + each.get("records"));
        }
      }
      assertThat(ours).isEqualTo(theirs.get(group)).isNotEmpty();
    }
    assertThat(records(report, INVALIDATE)).isGreaterThanOrEqualTo(120);
    assertThat(records(report, WRITE_BEHIND)).isEqualTo(40);
  }

  /** By group: topic and partition to offset, end and lag, as Kafka's own tool prints them. */
  private static Map<String, Map<String, String>> theirs() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                Files.readString(TOOLS).strip(),
                "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
                "--bootstrap-server",
                sandbox.kafka().bootstrapServers(),
                "--describe",
                "--group",
                INVALIDATE,
                "--group",
                WRITE_BEHIND)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    Map<String, Map<String, String>> groups = new TreeMap<>();
    for (String line : said.lines().toList()) {
      List<String> cells = List.of(line.trim().split("\\s+", -1));
      if (cells.size() > 5 && cells.get(0).startsWith("system.")) {
        groups
            .computeIfAbsent(cells.get(0), any -> new TreeMap<>())
            .put(
                cells.get(1) + " " + cells.get(2),
                cells.get(3) + " " + cells.get(4) + " " + cells.get(5));
      }
    }
    return groups;
  }

  private static void what_waits_ages() throws Exception {
    List<JsonNode> looks = new ArrayList<>();
    try (ChildJvm watching = jvm("lag", "--watch=1", "--json", "-c", config.toString())) {
      soon().until(() -> watching.output().lines().filter(line -> line.endsWith("}")).count() > 5);
      for (String line : watching.output().lines().filter(each -> each.startsWith("{")).toList()) {
        if (line.endsWith("}")) {
          looks.add(JSON.readTree(line));
        }
      }
    }
    for (String group : List.of(INVALIDATE, WRITE_BEHIND)) {
      JsonNode first = group(looks.get(0), group);
      Instant began = Instant.parse(looks.get(0).get("at").asText());
      assertThat(first.get("seconds").asDouble()).isPositive();
      for (JsonNode look : looks) {
        JsonNode later = group(look, group);
        double passed =
            Duration.between(began, Instant.parse(look.get("at").asText())).toMillis() / 1e3;
        assertThat(later.get("seconds").asDouble() - first.get("seconds").asDouble())
            .isCloseTo(passed, offset(0.5));
        assertThat(later.get("records")).isEqualTo(first.get("records"));
      }
    }
  }

  private static void workers_that_come_back_leave_nothing_behind() throws Exception {
    List<Program> workers =
        List.of(
            new InvalidationWorker(settings, new SimpleMeterRegistry()),
            new WriteBehindWorker(settings, new SimpleMeterRegistry()));
    try {
      workers.forEach(Program::start);
      soon().until(LagCommandIT::atRest);
    } finally {
      workers.forEach(Program::close);
    }
  }

  @Test
  void a_kafka_that_does_not_answer_is_an_error() throws Exception {
    Path away =
        Files.writeString(
            directory.resolve("away.yaml"),
            """
            pipeline: away
            kafka: { bootstrap.servers: "127.0.0.1:%d", default.api.timeout.ms: 3000, request.timeout.ms: 2000 }
            """
                .formatted(FreePort.find()));
    try (ChildJvm lag = jvm("lag", "-c", away.toString())) {
      assertThat(lag.exitCode(Duration.ofSeconds(60))).as(lag.output()).isEqualTo(1);
      assertThat(lag.output()).contains("asking Kafka").contains("Kafka does not answer");
    }
  }

  /** Seen from within this process: a JVM for each look would take long. */
  private static Stream<PartitionLag> waiting(String group) throws InterruptedException {
    return onlooker.of(group, topic -> false).stream();
  }

  private static boolean atRest() throws InterruptedException {
    for (String group : List.of(INVALIDATE, WRITE_BEHIND)) {
      List<PartitionLag> found = waiting(group).toList();
      if (found.isEmpty()
          || !found.stream().allMatch(each -> each.records() == 0 && each.clientId() != null)) {
        return false;
      }
    }
    return true;
  }

  private static long published() throws InterruptedException {
    return waiting(INVALIDATE)
        .filter(each -> each.topic().equals("system.public.users"))
        .mapToLong(PartitionLag::end)
        .sum();
  }

  private static JsonNode lag() throws Exception {
    // on a slow machine it also says, on stderr, that it is asking
    String said = run("lag", "--json", "-c", config.toString());
    return JSON.readTree(said.substring(said.indexOf('{')));
  }

  private static String run(String... arguments) throws Exception {
    try (ChildJvm jvm = jvm(arguments)) {
      assertThat(jvm.exitCode(Duration.ofSeconds(60))).as(jvm.output()).isZero();
      return jvm.output();
    }
  }

  private static long records(JsonNode report, String group) {
    return group(report, group).get("records").asLong();
  }

  private static JsonNode group(JsonNode report, String name) {
    for (JsonNode group : report.get("groups")) {
      if (name.equals(group.get("group").asText())) {
        return group;
      }
    }
    throw new AssertionError("no group " + name + " in " + report);
  }

  private static ChildJvm jvm(String... arguments) throws Exception {
    return ChildJvm.of("dev.cachetide.cli.CachetideMain")
        .jvmOptions("-Xmx128m")
        .arguments(arguments)
        .start();
  }

  private static void publishWrites(int count) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int id = 1; id <= count; id++) {
        byte[] value =
            """
            {"v":1,"op":"update","table":"public.users","key":{"id":%d},"set":{"email":"z"}}
            """
                .formatted(id)
                .strip()
                .getBytes(UTF_8);
        byte[] key = WriteCommandCodec.recordKey(WriteCommandCodec.decode(value));
        producer.send(new ProducerRecord<>("system.writes", key, value)).get();
      }
    }
  }

  private static ConditionFactory soon() {
    return Awaitility.await().atMost(Duration.ofSeconds(90)).pollInterval(Duration.ofMillis(200));
  }

  private static void execute(String sql) throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
