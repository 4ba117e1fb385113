package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.listed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.WritePublisher;
import dev.cachetide.runtime.ExitStatus;
import dev.cachetide.runtime.settings.Defaults;
import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.WriteCommand;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** From a publisher to the rows, through a real Kafka. */
class WriteBehindWorkerIT {

  private static final Duration SOON = Duration.ofSeconds(40);

  private static Sandbox sandbox;

  private PipelineNames names;
  private Database db;
  private WritePublisher publisher;
  private final List<CompletableFuture<WritePublisher.Accepted>> accepted = new ArrayList<>();

  @BeforeAll
  static void startServers() {
    sandbox = Sandbox.builder().withoutRedis().start();
  }

  @AfterAll
  static void stopServers() {
    sandbox.close();
  }

  @BeforeEach
  void createTables(TestInfo test) throws Exception {
    String method = test.getTestMethod().orElseThrow().getName();
    names = new PipelineNames("t" + Integer.toHexString(method.hashCode()));
    db = new Database(sandbox.postgres());
    db.run(
        "DROP TABLE IF EXISTS users, counters",
        "CREATE TABLE users (id bigint PRIMARY KEY, name text, visits int)",
        "CREATE TABLE counters (id int, n int)",
        "INSERT INTO counters SELECT i, 0 FROM generate_series(0, 19) AS i");
    publisher =
        new WritePublisher(names, Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()));
  }

  @AfterEach
  void close() throws Exception {
    publisher.close();
    db.close();
  }

  @Test
  void a_published_write_becomes_a_row_and_a_bad_one_a_dead_letter() throws Exception {
    CompletableFuture<ExitStatus> ended;
    try (WriteBehindWorker worker = started()) {
      ended = worker.ended();
      publish(WriteCommand.upsert("users", Map.of("id", 1), Map.of("name", "Ada")));
      publish(WriteCommand.delta("users", Map.of("id", 1), Map.of("visits", 2)));
      publish(WriteCommand.delete("users", Map.of("id", 2)).withId("mine"));
      await().atMost(SOON).until(() -> settled());
      assertThat(db.rows("SELECT * FROM users")).containsExactly("1|Ada|2");
      assertThat(
              db.rows(
                  "SELECT write_id, reason FROM cachetide.dead_letter WHERE topic = '"
                      + names.writeTopic()
                      + "'"))
          .containsExactly("mine|row does not exist");
      await().atMost(SOON).until(() -> worker.readiness().ready());
    }
    assertThat(ended.join()).isEqualTo(ExitStatus.STOPPED);
  }

  @Test
  void the_topic_is_created_as_the_settings_say() throws Exception {
    try (WriteBehindWorker worker = started()) {
      assertThat(worker.alive()).isTrue();
      ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, names.writeTopic());
      try (Admin admin =
          Admin.create(Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()))) {
        var described = admin.describeTopics(List.of(names.writeTopic())).allTopicNames().get();
        assertThat(described.get(names.writeTopic()).partitions()).hasSize(6);
        var config = admin.describeConfigs(List.of(topic)).all().get().get(topic);
        assertThat(config.get("message.timestamp.type").value()).isEqualTo("LogAppendTime");
        assertThat(config.get("cleanup.policy").value()).isEqualTo("delete");
        assertThat(config.get("retention.ms").value())
            .isEqualTo("" + Duration.ofDays(7).toMillis());
      }
    }
  }

  @Test
  void a_producer_that_knows_only_the_documentation_is_understood() throws Exception {
    try (WriteBehindWorker worker = started();
        KafkaProducer<String, String> producer = documented()) {
      String value =
          "{\"v\":1,\"op\":\"upsert\",\"table\":\"public.users\",\"key\":{\"id\":7},"
              + "\"set\":{\"name\":\"Ada\"}}";
      String key = "public.users{\"id\":7}";
      var place = producer.send(new ProducerRecord<>(names.writeTopic(), key, value)).get();
      publish(WriteCommand.delta("users", Map.of("id", 7), Map.of("visits", 1)));
      await().atMost(SOON).until(() -> settled());
      assertThat(accepted.get(0).join().partition()).isEqualTo(place.partition());
      assertThat(db.rows("SELECT * FROM users")).containsExactly("7|Ada|1");
      assertThat(worker.ended()).isNotDone();
    }
  }

  @Test
  void workers_that_come_and_go_count_every_delta_once() throws Exception {
    int rounds = 3;
    int perRound = 4_000;
    WriteBehindWorker steady = started();
    try {
      for (int round = 0; round < rounds; round++) {
        WriteBehindWorker guest = worker();
        guest.start();
        for (int i = 0; i < perRound; i++) {
          publish(WriteCommand.delta("counters", Map.of("id", i % 20), Map.of("n", 1)));
        }
        await()
            .atMost(SOON)
            .until(
                () -> {
                  publish(WriteCommand.delta("counters", Map.of("id", 0), Map.of("n", 0)));
                  return workers() == 2;
                });
        WriteBehindWorker leaving = round % 2 == 0 ? guest : steady;
        steady = round % 2 == 0 ? steady : guest;
        leaving.close();
      }
      await().atMost(SOON).until(this::settled);
    } finally {
      steady.close();
    }
    assertThat(db.rows("SELECT DISTINCT n FROM counters"))
        .containsExactly("" + rounds * perRound / 20);
  }

  @Test
  void throughput_is_shown() throws Exception {
    try (WriteBehindWorker creating = started()) {
      assertThat(creating.alive()).isTrue();
    }
    int commands = 100_000;
    for (int i = 0; i < commands; i++) {
      publish(
          i % 2 == 0
              ? WriteCommand.upsert("users", Map.of("id", i), Map.of("name", "n" + i, "visits", 1))
              : WriteCommand.delta("users", Map.of("id", i - 1), Map.of("visits", 1)));
    }
    accepted.forEach(CompletableFuture::join);
    long started = System.nanoTime();
    try (WriteBehindWorker worker = started()) {
      await().atMost(SOON).pollInterval(Duration.ofMillis(20)).until(this::settled);
      double seconds = (System.nanoTime() - started) / 1e9;
      System.out.printf("write-behind: %.0f commands/s, start included%n", commands / seconds);
      assertThat(worker.readiness().ready()).isTrue();
    }
    assertThat(db.one("SELECT count(*), sum(visits) FROM users"))
        .isEqualTo(commands / 2 + "|" + commands);
  }

  private void publish(WriteCommand command) {
    accepted.add(publisher.publish(command));
  }

  private KafkaProducer<String, String> documented() {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", sandbox.kafka().bootstrapServers());
    properties.put("acks", "all");
    properties.put("enable.idempotence", "true");
    properties.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
    properties.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
    return new KafkaProducer<>(properties);
  }

  private WriteBehindWorker started() {
    WriteBehindWorker worker = worker();
    worker.start();
    await().atMost(SOON).until(() -> worker.readiness().ready() && owners() == 6);
    return worker;
  }

  private WriteBehindWorker worker() {
    return new WriteBehindWorker(
        new PipelineSettings(
            names,
            new PostgresSettings(
                sandbox.postgres().jdbcUrl(),
                "postgres",
                null,
                Duration.ofSeconds(5),
                Duration.ofSeconds(20),
                Map.of()),
            new KafkaSettings(
                Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()),
                Map.of(),
                Map.of()),
            null,
            Defaults.INGEST,
            Defaults.invalidation(names),
            Defaults.WRITE_BEHIND,
            Defaults.HTTP,
            List.of(),
            List.of(listed("users", "id"), listed("counters", "id"))),
        new SimpleMeterRegistry());
  }

  /** Partitions that some worker has claimed. */
  private int owners() throws Exception {
    if (db.one("SELECT to_regclass('cachetide.consumer_offset')").equals("null")) {
      return 0;
    }
    return Integer.parseInt(
        db.one(
            "SELECT count(*) FROM cachetide.consumer_offset WHERE topic = '"
                + names.writeTopic()
                + "'"));
  }

  private int workers() throws Exception {
    return Integer.parseInt(
        db.one(
            "SELECT count(DISTINCT owner) FROM cachetide.consumer_offset WHERE topic = '"
                + names.writeTopic()
                + "'"));
  }

  /** Whether everything accepted has been applied or parked. */
  private boolean settled() throws Exception {
    Map<Integer, Long> ends = new java.util.HashMap<>();
    accepted.forEach(
        write -> ends.merge(write.join().partition(), write.join().offset() + 1, Math::max));
    Set<String> applied =
        Set.copyOf(
            db.rows(
                "SELECT partition, next_offset FROM cachetide.consumer_offset WHERE topic = '"
                    + names.writeTopic()
                    + "'"));
    return ends.entrySet().stream()
        .allMatch(end -> applied.contains(end.getKey() + "|" + end.getValue()));
  }
}
