package dev.cachetide.cli;

import dev.cachetide.sandbox.Sandbox;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The servers of a sandbox, as the tests of a whole pipeline use them. */
record ShopServers(Sandbox sandbox) implements AutoCloseable {

  static ShopServers start() throws Exception {
    return new ShopServers(Sandbox.start());
  }

  /** A configuration of pipeline {@code shop} that names these servers, and what is given. */
  String configuration(String more) {
    return configuration(sandbox.postgres().user(), sandbox.redis().uri(), more);
  }

  /** The same for a user of Postgres and one of Redis. */
  String configuration(String user, String redis, String more) {
    return """
    pipeline: shop
    postgres: { url: "%s", user: "%s" }
    kafka: { bootstrap.servers: "%s" }
    redis: { url: "%s" }
    http: { port: 0 }
    %s"""
        .formatted(
            sandbox.postgres().jdbcUrl(), user, sandbox.kafka().bootstrapServers(), redis, more);
  }

  /** A file that holds it. */
  Path file(Path directory, String more) throws IOException {
    return Files.writeString(directory.resolve("shop.yaml"), configuration(more));
  }

  void execute(String... statements) throws SQLException {
    try (Connection connection = sandbox.postgres().connect();
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  /** The first column of the first row; empty when there is none. */
  String one(String sql) throws SQLException {
    try (Connection connection = sandbox.postgres().connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? String.valueOf(row.getString(1)) : "";
    }
  }

  /** Publishes requests that no worker can read. */
  void publishNonsense(int requests) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      byte[] nonsense = "nonsense".getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < requests; i++) {
        producer.send(new ProducerRecord<>("shop.invalidations", nonsense)).get();
      }
    }
  }

  /** Whether every role of a world is ready. */
  static boolean ready(World world) {
    return world.programs().stream().allMatch(each -> each.readiness().ready());
  }

  @Override
  public void close() {
    sandbox.close();
  }
}
