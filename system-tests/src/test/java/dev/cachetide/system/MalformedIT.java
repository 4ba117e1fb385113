package dev.cachetide.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.sandbox.Sandbox;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hundred malformed records of every kind among ten thousand good ones. */
final class MalformedIT {

  private static final int GOOD = 10_000;
  private static final int BAD = 100;

  @TempDir private Path directory;
  private final Sandbox sandbox = Sandbox.start();
  private KafkaProducer<byte[], byte[]> producer;
  private final List<Future<?>> sent = new ArrayList<>();
  private Connection connection;
  private CacheKeys cache;

  @BeforeEach
  void connect() throws Exception {
    Map<String, Object> servers = Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers());
    producer = new KafkaProducer<>(servers, new ByteArraySerializer(), new ByteArraySerializer());
    connection = sandbox.postgres().connect();
    cache = new CacheKeys(sandbox.redis().uri());
    try (Admin admin = Admin.create(servers)) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("system.public.items", 3, (short) 1),
                  new NewTopic("system.writes", 3, (short) 1)))
          .all()
          .get();
    }
    execute("CREATE TABLE items (id int PRIMARY KEY, n int)");
    execute("CREATE TABLE stock (id int PRIMARY KEY, n int CHECK (n >= 0), code varchar(5))");
  }

  @AfterEach
  void close() throws SQLException {
    producer.close();
    cache.close();
    connection.close();
    sandbox.close();
  }

  @Test
  void each_bad_event_widens_its_table_and_every_good_one_takes_effect() throws Exception {
    int port = FreePort.find();
    Path config =
        PipelineFile.on(sandbox)
            .httpPort(port)
            .body(
                """
                rules:
                  - name: items
                    source: { schema: public, table: items }
                    evict: [ { key: "item:{id}" } ]
                """)
            .write(directory);
    try (RoleProcess worker = RoleProcess.start(directory, config, port, "invalidate")) {
      worker.awaitReady();
      cache.set("other:1");
      int good = 0;
      for (int bad = 0; bad < BAD; bad++) {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < GOOD / BAD; i++, good++) {
          keys.add("item:" + good);
        }
        cache.set(keys);
        for (String key : keys) {
          send("system.public.items", key, insert(key.substring("item:".length())));
        }
        cache.awaitGone(Duration.ofSeconds(30), keys);
        // Nobody names this key but the pattern of its table.
        List<String> bystander = List.of("item:bystander");
        cache.set(bystander);
        send("system.public.items", "bad" + bad, MalformedEvents.at(bad).bytes());
        Awaitility.await(MalformedEvents.at(bad) + " widens its table")
            .atMost(Duration.ofSeconds(30))
            .pollInterval(Duration.ofMillis(2))
            .until(() -> cache.present(bystander) == 0);
      }
      assertThat(cache.present(List.of("other:1"))).as("keys of other tables stay").isOne();
      assertThat(worker.isAlive()).isTrue();
    }
  }

  @Test
  void each_bad_command_is_a_dead_letter_with_its_reason_and_every_good_one_takes_effect()
      throws Exception {
    int port = FreePort.find();
    Path config =
        PipelineFile.on(sandbox)
            .httpPort(port)
            .body("writes: [ { table: public.stock, key: [id] } ]\n")
            .write(directory);
    execute("INSERT INTO stock VALUES (1, 1, 'a')");
    try (RoleProcess worker = RoleProcess.start(directory, config, port, "write-behind")) {
      // A producer that begins while the topic's leaders are being elected may lose its sequence.
      worker.awaitReady();
      for (int i = 0; i < GOOD; i++) {
        send("system.writes", "row" + i, upsert(1_000 + i));
        if (i % (GOOD / BAD) == 0) {
          int bad = i / (GOOD / BAD);
          send("system.writes", "bad" + bad, MalformedCommands.at(bad).bytes());
        }
      }
      for (Future<?> each : sent) {
        each.get();
      }
      Awaitility.await("every command to be done")
          .atMost(Duration.ofSeconds(90))
          .ignoreExceptions()
          .until(
              () -> number("SELECT sum(next_offset) FROM cachetide.consumer_offset"),
              done -> done == GOOD + BAD);
      assertThat(number("SELECT count(*) FROM stock WHERE id >= 1000 AND n = id")).isEqualTo(GOOD);
      assertThat(number("SELECT count(*) FROM stock")).isEqualTo(GOOD + 1);
      assertThat(number("SELECT count(*) FROM cachetide.dead_letter")).isEqualTo(BAD);
      assertThat(
              number("SELECT count(*) FROM cachetide.dead_letter WHERE coalesce(reason, '') = ''"))
          .as("dead letters without a reason")
          .isZero();
      assertThat(number("SELECT count(DISTINCT reason) FROM cachetide.dead_letter"))
          .as("reasons are told apart")
          .isGreaterThanOrEqualTo(15);
      assertThat(worker.isAlive()).isTrue();
    }
  }

  private static byte[] insert(String id) {
    return ("{\"before\":null,\"after\":{\"id\":"
            + id
            + ",\"n\":1},\"source\":{\"schema\":\"public\",\"table\":\"items\"},\"op\":\"c\"}")
        .getBytes(UTF_8);
  }

  private static byte[] upsert(int id) {
    return ("{\"v\":1,\"op\":\"upsert\",\"table\":\"public.stock\",\"key\":{\"id\":"
            + id
            + "},\"set\":{\"n\":"
            + id
            + "}}")
        .getBytes(UTF_8);
  }

  private void send(String topic, String key, byte[] value) {
    sent.add(producer.send(new ProducerRecord<>(topic, key.getBytes(UTF_8), value)));
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private long number(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getLong(1);
    }
  }
}
