package dev.cachetide.system;

import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.wire.PipelineNames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;

/**
 * Real servers, and each role in a process of its own with the heap that a small container has; one
 * table that is changed in bulk, and two whose rows are changed one by one.
 */
final class StormWorld implements AutoCloseable {

  static final int HEAP_MEGABYTES = 512;

  private final Sandbox sandbox = Sandbox.start();
  private final PipelineNames names = new PipelineNames("system");
  private final Map<String, RoleProcess> roles = new HashMap<>();
  private final Map<String, HeapLog> heaps = new HashMap<>();
  private final Admin admin =
      Admin.create(Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()));
  private final KafkaProducer<byte[], byte[]> producer =
      new KafkaProducer<>(
          Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers(), "linger.ms", 0),
          new ByteArraySerializer(),
          new ByteArraySerializer());

  StormWorld(Path directory, int rows, String body) throws SQLException, IOException {
    execute(
        "CREATE TABLE bulk (id int PRIMARY KEY, n int NOT NULL, pad text NOT NULL)",
        "CREATE TABLE single (id int PRIMARY KEY)",
        "CREATE TABLE direct (id int PRIMARY KEY)",
        "INSERT INTO bulk SELECT i, 0, 'row ' || i FROM generate_series(1, " + rows + ") i");
    for (String role : List.of("ingest", "invalidate", "write-behind")) {
      int port = FreePort.find();
      HeapLog heap = new HeapLog(directory, role);
      Path config = PipelineFile.on(sandbox).httpPort(port).body(body).write(directory);
      heaps.put(role, heap);
      roles.put(
          role,
          RoleProcess.start(
              heap.options(HEAP_MEGABYTES),
              "dev.cachetide.cli.CachetideMain",
              directory,
              config,
              port,
              role));
    }
    roles.values().forEach(RoleProcess::awaitReady);
  }

  String redis() {
    return sandbox.redis().uri();
  }

  Connection connect() throws SQLException {
    return sandbox.postgres().connect();
  }

  void execute(String... statements) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** Rows that are committed one by one. */
  EvictionProbe fromCommit() throws SQLException {
    Connection connection = connect();
    PreparedStatement insert = connection.prepareStatement("INSERT INTO single VALUES (?)");
    return new EvictionProbe(
        redis(),
        "single:",
        id -> {
          try {
            insert.setInt(1, id);
            insert.executeUpdate();
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /** Events that stand in Kafka already, as they do once the slot has delivered them. */
  EvictionProbe fromKafka() {
    String topic = names.changeTopic("public", "direct");
    IntConsumer publish =
        id -> {
          byte[] key = ("{\"id\":" + id + "}").getBytes(StandardCharsets.UTF_8);
          byte[] value =
              ("{\"op\":\"c\",\"before\":null,\"after\":{\"id\":" + id + "},\"source\":{}}")
                  .getBytes(StandardCharsets.UTF_8);
          try {
            producer.send(new ProducerRecord<>(topic, key, value)).get();
          } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
          }
        };
    return new EvictionProbe(redis(), "direct:", publish);
  }

  /** Returns when the workers have committed everything that stands in the table's topic. */
  void awaitRead(String table, Duration atMost) {
    Awaitility.await("the workers to read " + table)
        .atMost(atMost)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> lag(table) == 0);
  }

  private long lag(String table) throws ExecutionException, InterruptedException {
    String topic = names.changeTopic("public", table);
    Map<TopicPartition, OffsetAndMetadata> committed =
        admin
            .listConsumerGroupOffsets(names.invalidationGroup())
            .partitionsToOffsetAndMetadata()
            .get();
    int partitions =
        admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
    Map<TopicPartition, OffsetSpec> asked =
        java.util.stream.IntStream.range(0, partitions)
            .mapToObj(partition -> new TopicPartition(topic, partition))
            .collect(Collectors.toMap(each -> each, each -> OffsetSpec.latest()));
    Map<TopicPartition, ListOffsetsResultInfo> ends = admin.listOffsets(asked).all().get();
    return ends.entrySet().stream()
        .mapToLong(
            end -> {
              OffsetAndMetadata at = committed.get(end.getKey());
              return end.getValue().offset() - (at == null ? 0 : at.offset());
            })
        .sum();
  }

  RoleProcess role(String name) {
    return java.util.Objects.requireNonNull(roles.get(name));
  }

  Map<String, HeapLog> heaps() {
    return heaps;
  }

  @Override
  public void close() {
    roles.values().forEach(RoleProcess::close);
    producer.close(Duration.ZERO);
    admin.close(Duration.ZERO);
    sandbox.close();
  }
}
