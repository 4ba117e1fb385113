package dev.cachetide.system.types;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.cachetide.cli.doctor.Doctor;
import dev.cachetide.ingest.CdcIngest;
import dev.cachetide.invalidation.InvalidationWorker;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.SettingsLoader;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.wire.PipelineNames;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;

/** Postgres, Kafka and Redis, and a pipeline whose programs run in this JVM. */
final class TypesWorld implements AutoCloseable {

  static final Duration SOON = Duration.ofMinutes(1);

  final Sandbox sandbox = Sandbox.start();
  private final Connection connection;
  private final RedisClient redisClient = RedisClient.create(sandbox.redis().uri());
  private final StatefulRedisConnection<String, String> redis = redisClient.connect();
  private final List<Program> programs = new ArrayList<>();
  private SimpleMeterRegistry registry = new SimpleMeterRegistry();

  TypesWorld() throws SQLException {
    connection = sandbox.postgres().connect();
  }

  void execute(Collection<String> statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  void execute(String... statements) throws SQLException {
    execute(List.of(statements));
  }

  Connection connection() {
    return connection;
  }

  RedisCommands<String, String> redis() {
    return redis.sync();
  }

  /** Starts ingest and an invalidation worker, and returns when both are ready. */
  void startPipeline(String pipeline, Path directory, String body) throws IOException {
    PipelineSettings settings = settings(pipeline, directory, body);
    start(new CdcIngest(settings, registry));
    start(new InvalidationWorker(settings, registry));
  }

  /** Waits until the worker has answered the first start, which evicts everything. */
  void settle(String pipeline) {
    PipelineNames names = new PipelineNames(pipeline);
    String topic = names.changeTopic("cachetide", "generation");
    Awaitility.await("the first start to be told")
        .atMost(SOON)
        .until(
            () ->
                committed(names.invalidationGroup()).entrySet().stream()
                    .anyMatch(each -> each.getKey().topic().equals(topic) && each.getValue() > 0));
  }

  /** Those of tables of the schema public, with one partition each. */
  void createTopics(String prefix, Collection<String> tables) throws Exception {
    try (Admin admin = admin()) {
      admin
          .createTopics(
              tables.stream()
                  .map(table -> new NewTopic(prefix + ".public." + table, 1, (short) 1))
                  .toList())
          .all()
          .get();
    }
  }

  /**
   * Waits until what was committed before has been evicted: ingest has looked at the tables since,
   * the slot has passed all of it, and the workers have committed all that is in Kafka.
   */
  void passed(String pipeline) throws SQLException {
    PipelineNames names = new PipelineNames(pipeline);
    String beat = "SELECT beat FROM cachetide.heartbeat WHERE pipeline = '" + pipeline + "'";
    long before = number(beat);
    Awaitility.await("two heartbeats").atMost(SOON).until(() -> number(beat) > before + 1);
    String end = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn";
    String reached =
        "SELECT confirmed_flush_lsn - '0/0'::pg_lsn FROM pg_replication_slots WHERE slot_name = '"
            + names.slot()
            + "'";
    long now = number(end);
    Awaitility.await("the slot to pass").atMost(SOON).until(() -> number(reached) >= now);
    Awaitility.await("the workers to follow")
        .atMost(SOON)
        .until(() -> committed(names.invalidationGroup()).equals(ends(names.invalidationGroup())));
  }

  /** Whether somebody reads from a slot. */
  boolean isStreaming(String slot) throws SQLException {
    return number(
            "SELECT count(*) FROM pg_replication_slots WHERE active AND slot_name = '" + slot + "'")
        == 1;
  }

  private long number(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getLong(1);
    }
  }

  private Map<TopicPartition, Long> committed(String group) throws Exception {
    try (Admin admin = admin()) {
      Map<TopicPartition, Long> offsets = new HashMap<>();
      admin
          .listConsumerGroupOffsets(group)
          .partitionsToOffsetAndMetadata()
          .get()
          .forEach((partition, offset) -> offsets.put(partition, offset.offset()));
      return offsets;
    }
  }

  private Map<TopicPartition, Long> ends(String group) throws Exception {
    try (Admin admin = admin()) {
      Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
      committed(group).keySet().forEach(partition -> latest.put(partition, OffsetSpec.latest()));
      Map<TopicPartition, Long> offsets = new HashMap<>();
      admin
          .listOffsets(latest)
          .all()
          .get()
          .forEach((partition, end) -> offsets.put(partition, end.offset()));
      return offsets;
    }
  }

  /** Why records of a pipeline are parked, from the first on. */
  Set<String> reasons(String pipeline) {
    Set<String> reasons = new TreeSet<>();
    TopicPartition letters = new TopicPartition(new PipelineNames(pipeline).deadLetterTopic(), 0);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(letters));
      consumer.seekToBeginning(List.of(letters));
      long end = consumer.endOffsets(List.of(letters)).get(letters);
      while (consumer.position(letters) < end) {
        for (ConsumerRecord<byte[], byte[]> letter : consumer.poll(Duration.ofMillis(100))) {
          reasons.add(
              new String(
                  letter.headers().lastHeader("__connect.errors.exception.message").value(),
                  UTF_8));
        }
      }
    }
    return reasons;
  }

  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()));
  }

  /** Starts an invalidation worker alone. */
  void startWorker(String pipeline, Path directory, String body) throws IOException {
    start(new InvalidationWorker(settings(pipeline, directory, body), registry));
  }

  /** What {@code cachetide doctor} says of a connector's topics. */
  List<String> doctor(String pipeline, Path directory, String body) throws Exception {
    PipelineSettings settings = settings(pipeline, directory, body);
    return new Doctor(
            settings,
            Set.of(dev.cachetide.cli.doctor.Program.INVALIDATE),
            List.of(),
            List::of,
            section -> {})
        .examine().stream()
            .filter(finding -> finding.check().equals("connector"))
            .map(finding -> finding.severity() + " " + finding.found())
            .toList();
  }

  private void start(Program program) {
    programs.add(program);
    program.start();
    Awaitility.await(program.name() + " to be ready")
        .atMost(Duration.ofSeconds(60))
        .until(() -> program.readiness().ready());
  }

  /** Ends what was started last to first; the next ones count anew. */
  void stopPipeline() {
    for (int i = programs.size() - 1; i >= 0; i--) {
      programs.get(i).close();
    }
    programs.clear();
    registry = new SimpleMeterRegistry();
  }

  private PipelineSettings settings(String pipeline, Path directory, String body)
      throws IOException {
    Path file =
        Files.writeString(
            Files.createTempFile(directory, "pipeline", ".yaml"),
            """
            pipeline: %s
            postgres: { url: "%s", user: "%s" }
            kafka: { bootstrap.servers: "%s" }
            redis: { url: "%s" }
            """
                    .formatted(
                        pipeline,
                        sandbox.postgres().jdbcUrl(),
                        sandbox.postgres().user(),
                        sandbox.kafka().bootstrapServers(),
                        sandbox.redis().uri())
                + body);
    LoadedSettings loaded = SettingsLoader.load(file, Map.of());
    if (loaded instanceof LoadedSettings.Rejected rejected) {
      throw new IllegalArgumentException(rejected.problems().toString());
    }
    return ((LoadedSettings.Loaded) loaded).settings();
  }

  void cache(Collection<String> keys) {
    keys.forEach(key -> redis().set(key, "cached"));
  }

  void cache(String... keys) {
    cache(List.of(keys));
  }

  /** Those of the keys that are there. */
  Collection<String> cachedOf(Collection<String> keys) {
    Collection<String> cached = new TreeSet<>(keys);
    cached.removeIf(key -> redis().exists(key) == 0);
    return cached;
  }

  /** Waits for all of them to leave; what has not left in time. */
  Collection<String> lingering(Collection<String> keys) {
    long deadline = System.nanoTime() + SOON.toNanos();
    Collection<String> cached = cachedOf(keys);
    while (!cached.isEmpty() && System.nanoTime() < deadline) {
      cached = cachedOf(cached);
    }
    return cached;
  }

  double count(String meter) {
    return registry.counter("cachetide.invalidation." + meter).count();
  }

  @Override
  public void close() throws SQLException {
    stopPipeline();
    redis.close();
    redisClient.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    connection.close();
    sandbox.close();
  }
}
