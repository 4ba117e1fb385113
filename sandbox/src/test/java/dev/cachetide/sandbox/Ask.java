package dev.cachetide.sandbox;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** Asks the sandbox's servers as any client would. */
final class Ask {
  private static final int LIMIT_SECONDS = 20;

  private Ask() {}

  static void execute(SandboxPostgres postgres, String... statements) throws SQLException {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  static String one(SandboxPostgres postgres, String sql) throws SQLException {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return String.valueOf(rows.getString(1));
    }
  }

  static void createTopic(SandboxKafka kafka, String name)
      throws ExecutionException, InterruptedException, TimeoutException {
    try (Admin admin = admin(kafka)) {
      NewTopic topic = new NewTopic(name, Optional.of(2), Optional.empty());
      admin.createTopics(List.of(topic)).all().get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }
  }

  static Set<String> topics(SandboxKafka kafka)
      throws ExecutionException, InterruptedException, TimeoutException {
    try (Admin admin = admin(kafka)) {
      return admin.listTopics().names().get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }
  }

  static String redis(
      SandboxRedis redis, Function<RedisCommands<String, String>, String> question) {
    try (RedisClient client = RedisClient.create(redis.uri());
        StatefulRedisConnection<String, String> connection = client.connect()) {
      return String.valueOf(question.apply(connection.sync()));
    }
  }

  private static Admin admin(SandboxKafka kafka) {
    return Admin.create(
        Map.of(
            "bootstrap.servers",
            kafka.bootstrapServers(),
            "default.api.timeout.ms",
            "15000",
            "request.timeout.ms",
            "5000"));
  }
}
