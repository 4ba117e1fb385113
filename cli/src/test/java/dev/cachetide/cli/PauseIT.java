package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.Cache;
import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import dev.cachetide.WritePublisher;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.wire.WriteCommand;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pausing and resuming a running pipeline: nothing is lost, and nothing old is believed. */
@SuppressWarnings("NullAway.Init")
final class PauseIT {

  private static final Duration SOON = Duration.ofSeconds(40);

  /** Longer than a look at what is paused. */
  private static final Duration WHILE = Duration.ofMillis(1_500);

  private static final String PIPELINE =
      """
      rules:
        - { name: users, source: { table: users }, evict: [ { key: "user:{id}" } ] }
        - { name: orders, source: { table: orders }, evict: [ { key: "order:{id}" } ] }
        - { name: totals, source: { table: orders }, evict: [ { key: "total:{id}" } ] }
      writes:
        - { table: users, key: [id] }
      """;

  @TempDir private static Path directory;
  private static ShopServers servers;
  private static Path config;
  private static PipelineSettings settings;
  private static World world;
  private static RedisClient redisClient;
  private static StatefulRedisConnection<String, String> redis;
  private static Cachetide client;
  private static Cache<Integer, String> users;

  @BeforeAll
  static void start() throws Exception {
    Logs.onlyWarnings();
    servers = ShopServers.start();
    servers.execute("CREATE TABLE users (id int PRIMARY KEY, email text)");
    servers.execute("CREATE TABLE orders (id int PRIMARY KEY, total int)");
    servers.execute("INSERT INTO users SELECT i, 'a' FROM generate_series(1, 20) i");
    servers.execute("INSERT INTO orders SELECT i, 0 FROM generate_series(1, 20) i");
    config = servers.file(directory, PIPELINE);
    settings = Configuration.load(config, EnumSet.allOf(Section.class));
    world = new World(settings, EnumSet.allOf(Role.class));
    world.start();
    redisClient = RedisClient.create(servers.sandbox().redis().uri());
    redis = redisClient.connect();
    client = Cachetide.builder().redis(servers.sandbox().redis().uri()).pipeline("shop").build();
    users =
        client
            .<Integer, String>cache("users", Codec.text())
            .prefix("user:")
            .loader(id -> servers.one("SELECT email FROM users WHERE id = " + id))
            .build();
    await().atMost(SOON).until(() -> reason("").isEmpty() && client.trusted());
  }

  @AfterAll
  static void stop() {
    client.close();
    redis.close();
    redisClient.shutdown();
    world.close();
    servers.close();
  }

  @AfterEach
  void resume() {
    run("resume", "--all");
    await().atMost(SOON).until(() -> reason("").isEmpty() && client.trusted());
  }

  @Test
  void writes_wait_while_write_behind_is_paused() throws Exception {
    assertThat(run("pause", "write-behind", "--reason", "migration 42").out())
        .contains("write-behind", "migration 42");
    await().atMost(SOON).until(() -> reason("write-behind").equals("paused by operations"));
    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    assertThat(get("/readyz").body()).contains("paused by operations");
    assertThat(get("/livez").statusCode()).isEqualTo(200);
    assertThat(get("/metrics").body())
        .contains("cachetide_paused{name=\"write-behind\",what=\"role\"} 1");

    try (WritePublisher publisher =
        new WritePublisher(
            settings.names(),
            Map.of("bootstrap.servers", servers.sandbox().kafka().bootstrapServers()))) {
      publisher
          .publish(WriteCommand.upsert("users", Map.of("id", 50), Map.of("email", "w")))
          .join();
    }
    await()
        .during(WHILE)
        .until(() -> servers.one("SELECT email FROM users WHERE id = 50").isEmpty());
    assertThat(client.trusted()).isTrue();

    assertThat(run("resume", "write-behind").exitCode()).isZero();
    await()
        .atMost(SOON)
        .until(() -> servers.one("SELECT email FROM users WHERE id = 50").equals("w"));
    await().atMost(SOON).until(() -> !get("/metrics").body().contains("cachetide_paused{"));
  }

  @Test
  void caches_are_bypassed_while_invalidate_is_paused_and_hold_nothing_old_afterwards()
      throws Exception {
    cached(1);
    long generation = generation();

    run("pause", "invalidate");
    await().atMost(SOON).until(() -> reason("invalidate").equals("paused by operations"));
    await().atMost(SOON).until(() -> !client.trusted());
    redis.sync().set("order:1", "old");
    servers.execute("UPDATE users SET email = 'b' WHERE id = 1");
    servers.execute("UPDATE orders SET total = 1 WHERE id = 1");
    assertThat(users.load(1)).contains("b");
    await().during(WHILE).until(() -> redis.sync().exists("order:1") == 1);
    try (World another = new World(settings, EnumSet.of(Role.INVALIDATE))) {
      another.start();
      await()
          .atMost(SOON)
          .until(
              () -> another.programs().get(0).readiness().reason().equals("paused by operations"));
    }
    assertThat(redis.sync().exists("order:1")).isEqualTo(1);

    run("resume", "invalidate");
    await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(client::trusted);
    assertThat(users.load(1)).contains("b");
    assertThat(generation()).isGreaterThan(generation);
    await().atMost(SOON).until(() -> redis.sync().exists("order:1") == 0);
  }

  @Test
  void nothing_is_believed_while_ingest_is_paused_and_no_change_is_lost() throws Exception {
    cached(2);

    run("pause", "ingest");
    await().atMost(SOON).until(() -> reason("ingest").equals("paused by operations"));
    await().atMost(SOON).until(() -> !client.trusted());
    redis.sync().set("order:2", "old");
    servers.execute("UPDATE users SET email = 'b' WHERE id = 2");
    servers.execute("UPDATE orders SET total = 1 WHERE id = 2");
    assertThat(users.load(2)).contains("b");

    run("resume", "ingest");
    await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(client::trusted);
    assertThat(users.load(2)).contains("b");
    await().atMost(SOON).until(() -> redis.sync().exists("order:2") == 0);
  }

  @Test
  void the_changes_of_a_paused_table_wait_and_those_of_others_do_not() throws Exception {
    assertThat(run("pause", "--table", "orders", "--yes").exitCode()).isZero();
    await().atMost(SOON).until(() -> reason("invalidate").contains("table public.orders"));
    await().atMost(SOON).until(() -> !client.trusted());
    nothingMoreOfThePausedTableIsRead();
    redis.sync().set("order:3", "old");
    redis.sync().set("user:3", "old");
    servers.execute("UPDATE orders SET total = 1 WHERE id = 3");
    servers.execute("UPDATE users SET email = 'b' WHERE id = 3");
    await().atMost(SOON).until(() -> redis.sync().exists("user:3") == 0);
    await().during(WHILE).until(() -> redis.sync().exists("order:3") == 1);

    run("resume", "--table", "orders");
    await().atMost(SOON).until(() -> redis.sync().exists("order:3") == 0);
  }

  @Test
  void caches_are_believed_while_a_table_is_paused_by_somebody_who_has_said_so() throws Exception {
    run("pause", "--table", "public.orders", "--allow-stale", "--yes");
    await().atMost(SOON).until(() -> reason("invalidate").contains("table public.orders"));
    nothingMoreOfThePausedTableIsRead();
    long generation = generation();
    redis.sync().set("order:4", "old");
    servers.execute("UPDATE orders SET total = 1 WHERE id = 4");
    await()
        .during(Duration.ofMillis(2_500))
        .until(() -> client.trusted() && redis.sync().exists("order:4") == 1);

    run("resume", "--table", "public.orders");
    await().atMost(SOON).until(() -> redis.sync().exists("order:4") == 0);
    assertThat(generation()).isEqualTo(generation);
  }

  @Test
  void what_a_paused_rule_has_passed_over_is_made_up_for_when_it_is_resumed() throws Exception {
    run("pause", "--rule", "totals", "--yes");
    await().atMost(SOON).until(() -> reason("invalidate").contains("rule totals"));
    await().atMost(SOON).until(() -> !client.trusted());
    long generation = generation();
    redis.sync().set("order:5", "old");
    redis.sync().set("total:5", "old");
    redis.sync().set("total:6", "old");
    servers.execute("UPDATE orders SET total = 1 WHERE id = 5");
    await().atMost(SOON).until(() -> redis.sync().exists("order:5") == 0);
    await().during(WHILE).until(() -> redis.sync().exists("total:5", "total:6") == 2);

    run("resume", "--rule", "totals");
    await().atMost(SOON).until(() -> redis.sync().exists("total:5", "total:6") == 0);
    await().atMost(SOON).until(client::trusted);
    assertThat(generation()).isGreaterThan(generation);
  }

  @Test
  void what_cannot_be_paused_is_refused_with_the_reason() throws Exception {
    Invocation table = run("pause", "write-behind", "--table", "users", "--yes");
    assertThat(table.exitCode()).isEqualTo(2);
    assertThat(table.err()).contains("share one log");

    Invocation wrong =
        run("pause", "ingest", "--rule", "total", "--table", "usrs", "--allow-stale");
    assertThat(wrong.exitCode()).isEqualTo(2);
    assertThat(wrong.err()).contains("all tables come through one slot", "is not for roles");
    Invocation unknown = run("pause", "--rule", "total", "--table", "usrs");
    assertThat(unknown.err())
        .contains("did you mean totals?", "did you mean public.users?", "2 problems");
    assertThat(run("pause").exitCode()).isEqualTo(2);
    Invocation not = run("resume", "ingest");
    assertThat(not.exitCode()).isEqualTo(1);
    assertThat(not.err()).contains("role ingest was not paused");

    Invocation list = run("pause", "--list", "--json");
    assertThat(new ObjectMapper().readTree(list.out()).get("paused")).isEmpty();
  }

  /** Puts a user into the cache, and sees that the entry is read. */
  private static void cached(int id) throws Exception {
    await()
        .atMost(SOON)
        .until(
            () -> {
              users.load(id);
              return users.get(id).isPresent();
            });
  }

  private static String reason(String role) {
    return world.programs().stream()
        .filter(program -> role.isEmpty() || program.name().equals(role))
        .map(program -> program.readiness().reason())
        .filter(text -> !text.isEmpty())
        .findFirst()
        .orElse("");
  }

  private static HttpResponse<String> get(String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + world.httpPort() + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  /** What was asked of Kafka before the pause was seen is finished: another batch came after it. */
  private static void nothingMoreOfThePausedTableIsRead() throws Exception {
    redis.sync().set("user:20", "old");
    servers.execute("UPDATE users SET email = 'c' WHERE id = 20");
    await().atMost(SOON).until(() -> redis.sync().exists("user:20") == 0);
  }

  private static long generation() throws Exception {
    String text =
        servers.one(
            "SELECT coalesce(max(generation), 0) FROM cachetide.generation WHERE scope = '*'");
    return Long.parseLong(text);
  }

  private static Invocation run(String... arguments) {
    return Invocation.with(config, arguments);
  }
}
