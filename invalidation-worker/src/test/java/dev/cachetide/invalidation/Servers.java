package dev.cachetide.invalidation;

import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.sandbox.SandboxRedis;
import dev.cachetide.sandbox.TcpProxy;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Real servers for one test class; the workers reach Postgres and Redis through proxies. */
final class Servers implements AutoCloseable {

  final Sandbox sandbox = Sandbox.builder().redis(SandboxRedis.Builder::persistent).start();
  final TcpProxy postgresProxy = TcpProxy.to(sandbox.postgres().port());
  final TcpProxy redisProxy = TcpProxy.to(sandbox.redis().port());
  final KafkaSettings kafka =
      new KafkaSettings(
          Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()), Map.of(), Map.of());
  final KafkaClients clients = new KafkaClients(kafka);
  final KafkaProducer<byte[], byte[]> producer =
      new KafkaProducer<>(clients.producer("test", Duration.ZERO, Duration.ofSeconds(30)));
  private final RedisClient redisClient = RedisClient.create(sandbox.redis().uri());
  private final StatefulRedisConnection<String, String> connection = redisClient.connect();

  /** With tables {@code users} and {@code orders} whose old rows are told in full. */
  static Servers start() throws SQLException {
    Servers servers = new Servers();
    try (Connection connection = servers.sandbox.postgres().connect()) {
      CachetideSchema.install(connection);
    }
    servers.execute(
        "CREATE TABLE users (id bigint PRIMARY KEY, email text, amount numeric, raw bytea)",
        "ALTER TABLE users REPLICA IDENTITY FULL",
        "CREATE TABLE orders (id bigint PRIMARY KEY, state text)");
    return servers;
  }

  /** Straight to Redis, past the proxy. */
  RedisCommands<String, String> redis() {
    return connection.sync();
  }

  void cache(String... keys) {
    for (String key : keys) {
      redis().set(key, "cached");
    }
  }

  Set<String> cached() {
    return new TreeSet<>(redis().keys("*"));
  }

  void execute(String... statements) throws SQLException {
    try (Connection open = sandbox.postgres().connect();
        Statement statement = open.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  int count(String sql) throws SQLException {
    try (Connection open = sandbox.postgres().connect();
        Statement statement = open.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getInt(1);
    }
  }

  void createTopic(String topic) throws Exception {
    try (Admin admin = Admin.create(clients.admin("test"))) {
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
    }
  }

  void deleteTopic(String topic) throws Exception {
    try (Admin admin = Admin.create(clients.admin("test"))) {
      admin.deleteTopics(List.of(topic)).all().get();
    }
  }

  static ConditionFactory within(int seconds) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(seconds))
        .pollInterval(Duration.ofMillis(20));
  }

  @Override
  public void close() {
    connection.close();
    redisClient.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    producer.close(Duration.ofSeconds(5));
    redisProxy.close();
    postgresProxy.close();
    sandbox.close();
  }
}
