package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.listed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.runtime.ExitStatus;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.wire.WriteCommandCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The write topic's settings and number of partitions, and what the worker makes of them. */
class WriteTopicIT {

  private static final Duration SOON = Duration.ofSeconds(40);
  private static final int ROWS = 40;

  private static Sandbox sandbox;

  private Database db;

  @BeforeAll
  static void startServers() throws Exception {
    sandbox = Sandbox.builder().withoutRedis().start();
    try (Database db = new Database(sandbox.postgres())) {
      db.run("CREATE ROLE clerk LOGIN", "GRANT CREATE ON DATABASE postgres TO clerk");
    }
  }

  @AfterAll
  static void stopServers() {
    sandbox.close();
  }

  @BeforeEach
  void createTables() throws Exception {
    db = new Database(sandbox.postgres());
    db.run(
        "DROP TABLE IF EXISTS steps",
        "CREATE TABLE steps (id int PRIMARY KEY, step int NOT NULL)",
        "GRANT ALL ON steps TO clerk");
  }

  @AfterEach
  void close() throws Exception {
    db.close();
  }

  @Test
  void a_compacted_topic_ends_the_worker_before_anything_is_applied() throws Exception {
    try (Running running = running("compacted")) {
      try (Admin admin = admin()) {
        admin
            .createTopics(
                List.of(
                    new NewTopic(running.names.writeTopic(), 2, (short) 1)
                        .configs(Map.of("cleanup.policy", "compact"))))
            .all()
            .get();
      }
      running.publish(step(1, 1));
      running.worker.start();
      assertThat(running.worker.ended().get(SOON.toSeconds(), TimeUnit.SECONDS))
          .isEqualTo(ExitStatus.FAILED);
      assertThat(db.rows("SELECT * FROM steps")).isEmpty();
    }
  }

  @Test
  void writes_keep_their_order_when_partitions_are_added_while_a_backlog_waits() throws Exception {
    try (Running running = started("grown")) {
      writeAll(running, 1);
      await().atMost(SOON).until(() -> running.pending(db) == 0);
      db.run("REVOKE ALL ON steps FROM clerk");
      writeAll(running, 2);
      addPartitions(running, 12);
      // the application sees the new partitions, and many rows move to them
      running.renewPublisher();
      writeAll(running, 3);
      await().atMost(SOON).until(() -> notBegun(running) == 6);
      db.run("GRANT ALL ON steps TO clerk");
      await().atMost(SOON).until(() -> running.pending(db) == 0);
      assertThat(db.rows("SELECT DISTINCT step FROM steps")).containsExactly("3");
      assertThat(notBegun(running)).isZero();
      assertThat(db.one("SELECT count(*) FROM cachetide.dead_letter")).isEqualTo("0");
    }
  }

  @Test
  void added_partitions_begin_behind_a_producers_transaction() throws Exception {
    try (Running running = started("marked")) {
      try (KafkaProducer<byte[], byte[]> producer =
          new KafkaProducer<>(
              Map.of(
                  "bootstrap.servers",
                  sandbox.kafka().bootstrapServers(),
                  "transactional.id",
                  "marked"),
              new ByteArraySerializer(),
              new ByteArraySerializer())) {
        producer.initTransactions();
        producer.beginTransaction();
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (int partition = 0; partition < 6; partition++) {
          WriteCommand command = step(partition, 1);
          sent.add(
              producer.send(
                  new ProducerRecord<>(
                      running.names.writeTopic(),
                      partition,
                      WriteCommandCodec.recordKey(command),
                      WriteCommandCodec.encode(command))));
        }
        producer.commitTransaction();
        assertThat(sent).allMatch(Future::isDone);
      }
      await().atMost(SOON).until(() -> db.one("SELECT count(*) FROM steps").equals("6"));
      addPartitions(running, 8);
      running.renewPublisher();
      writeAll(running, 2);
      await().atMost(SOON).until(() -> running.pending(db) == 0);
      assertThat(db.rows("SELECT DISTINCT step FROM steps")).containsExactly("2");
    }
  }

  private static void writeAll(Running running, int step) {
    for (int id = 0; id < ROWS; id++) {
      running.publish(step(id, step));
    }
  }

  private static void addPartitions(Running running, int count) throws Exception {
    try (Admin admin = admin()) {
      admin
          .createPartitions(Map.of(running.names.writeTopic(), NewPartitions.increaseTo(count)))
          .all()
          .get();
    }
  }

  private int notBegun(Running running) throws Exception {
    return Integer.parseInt(
        db.one(
            "SELECT count(*) FROM cachetide.consumer_offset WHERE next_offset = -1 AND topic = '"
                + running.names.writeTopic()
                + "'"));
  }

  private static Running started(String pipeline) {
    Running running = running(pipeline);
    running.worker.start();
    await().atMost(SOON).until(() -> running.worker.readiness().ready());
    return running;
  }

  private static Running running(String pipeline) {
    return new Running(
        sandbox, pipeline, sandbox.postgres().jdbcUrl(), "clerk", listed("steps", "id"));
  }

  private static Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()));
  }

  private static WriteCommand step(int id, int step) {
    return WriteCommand.upsert("steps", Map.of("id", id), Map.of("step", step));
  }
}
