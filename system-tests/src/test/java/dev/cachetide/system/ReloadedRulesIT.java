package dev.cachetide.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.cachetide.sandbox.Sandbox;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code cachetide run} takes changed rules over, by SIGHUP or by itself, and only right ones. */
final class ReloadedRulesIT {

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String USERS = "{ name: users, source: { table: users }, evict: [ %s ] }";
  private static final String ORDERS =
      "{ name: orders, source: { table: orders }, evict: [ { key: \"order:{id}\" } ] }";

  @TempDir private static Path directory;
  private static Sandbox sandbox;
  private static Connection connection;
  private static RedisClient client;
  private static StatefulRedisConnection<String, String> redis;

  @BeforeAll
  static void start() throws SQLException {
    sandbox = Sandbox.start();
    connection = sandbox.postgres().connect();
    client = RedisClient.create(sandbox.redis().uri());
    redis = client.connect();
    execute("CREATE TABLE users (id int PRIMARY KEY, name text)");
    execute("CREATE TABLE orders (id int PRIMARY KEY, total int)");
    execute("INSERT INTO users SELECT id, 'n' FROM generate_series(1, 50) id");
    execute("INSERT INTO orders SELECT id, 0 FROM generate_series(1, 50) id");
  }

  @AfterAll
  static void stop() throws SQLException {
    redis.close();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    connection.close();
    sandbox.close();
  }

  @Test
  void sighup_takes_right_rules_over_and_leaves_wrong_ones_aside() throws Exception {
    assumeThat(isHangUpIgnored()).as("SIGHUP is ignored, as under nohup").isFalse();
    int port = FreePort.find();
    Path file = rules("asked", port, "reload: { watch: false }", users("user:{id}"));
    try (RoleProcess roles = RoleProcess.start(directory, file, port, "ingest", "invalidate")) {
      roles.awaitReady();
      leaves("user:1", "UPDATE users SET name = 'a' WHERE id = 1");

      String right = Files.readString(file);
      Files.writeString(file, right.replace("user:{id}", "person:{nmae}"));
      roles.hangUp();
      awaitCount(roles, "failed", 1);
      assertThat(roles.output()).contains("rules[0].evict[0].key", "nmae", "name");
      leaves("user:2", "UPDATE users SET name = 'a' WHERE id = 2");

      cache("user:40", "person:40", "other:40");
      Files.writeString(
          file,
          right.replace("user:{id}", "person:{id}").replace("rules:", "rules:\n  - " + ORDERS));
      roles.hangUp();
      awaitCount(roles, "ok", 1);
      // what either set of rules names may have missed an eviction
      awaitGone("user:40", "person:40");
      leaves("order:1", "UPDATE orders SET total = 1 WHERE id = 1");
      leaves("person:3", "UPDATE users SET name = 'b' WHERE id = 3");
      assertThat(redis.sync().exists("other:40")).isEqualTo(1);
      cache("user:3");
      leaves("person:3", "UPDATE users SET name = 'c' WHERE id = 3");
      assertThat(redis.sync().exists("user:3")).isEqualTo(1);
      assertThat(roles.isAlive()).isTrue();
    }
  }

  @Test
  void a_changed_file_is_taken_over_without_being_asked() throws Exception {
    int port = FreePort.find();
    Path file = rules("watched", port, "reload: { interval: 200ms }", users("seen:{id}"));
    try (RoleProcess roles = RoleProcess.start(directory, file, port, "ingest", "invalidate")) {
      roles.awaitReady();
      leaves("seen:1", "UPDATE users SET name = 'd' WHERE id = 1");

      Files.writeString(file, Files.readString(file).replace("seen:{id}", "noticed:{id}"));
      awaitCount(roles, "ok", 1);
      leaves("noticed:2", "UPDATE users SET name = 'd' WHERE id = 2");
    }
  }

  private static Path rules(String pipeline, int port, String reload, String rule)
      throws Exception {
    return PipelineFile.on(sandbox)
        .pipeline(pipeline)
        .httpPort(port)
        .body(reload + "\nrules:\n  - " + rule + "\n")
        .write(directory);
  }

  private static String users(String key) {
    return USERS.formatted("{ key: \"" + key + "\" }");
  }

  /** The key leaves because of the change, and another of the same form stays. */
  private static void leaves(String key, String change) throws SQLException {
    String stays = key.substring(0, key.indexOf(':') + 1) + 49;
    // earlier sweeps may still be under way: what stays is cached until it does
    Awaitility.await(key + " to leave, " + stays + " to stay")
        .atMost(SOON)
        .until(
            () -> {
              cache(key, stays);
              execute(change);
              awaitGone(key);
              return redis.sync().exists(stays) == 1;
            });
  }

  private static void awaitGone(String... keys) {
    Awaitility.await(Arrays.toString(keys) + " to leave")
        .atMost(SOON)
        .until(() -> redis.sync().exists(keys) == 0);
  }

  private static void cache(String... keys) {
    List.of(keys).forEach(key -> redis.sync().set(key, "cached"));
  }

  private static void awaitCount(RoleProcess roles, String result, int count) {
    Awaitility.await("reloads that are " + result)
        .atMost(SOON)
        .until(() -> roles.metric("cachetide_reload_total{result=\"" + result + "\"}") == count);
  }

  /** Children inherit it, and no JVM takes it back. */
  private static boolean isHangUpIgnored() throws IOException {
    Path status = Path.of("/proc/self/status");
    return Files.exists(status)
        && Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .anyMatch(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16) % 2 == 1);
  }

  private static void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
