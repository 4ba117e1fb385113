package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.sandbox.Sandbox;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands for people, on a running pipeline. */
@SuppressWarnings("NullAway.Init")
final class HandCommandsIT {

  private static final int ROWS = Boolean.getBoolean("full") ? 100_000 : 5_000;
  private static final Duration SOON = Duration.ofMinutes(2);

  @TempDir private static Path directory;
  private static Sandbox sandbox;
  private static Path config;
  private static PipelineSettings settings;
  private static World world;
  private static RedisClient client;
  private static StatefulRedisConnection<String, String> redis;

  @BeforeAll
  static void start() throws Exception {
    Logs.onlyWarnings();
    sandbox = Sandbox.start();
    execute("CREATE TABLE users (id int PRIMARY KEY, email text)");
    execute("ALTER TABLE users REPLICA IDENTITY FULL");
    config =
        Files.writeString(
            directory.resolve("shop.yaml"),
            """
            pipeline: shop
            postgres: { url: "%s", user: "%s" }
            kafka: { bootstrap.servers: "%s" }
            redis: { url: "%s" }
            http: { port: 0 }
            rules:
              - name: users
                source: { schema: public, table: users }
                evict: [ { key: "user:{id}" }, { key: "user:email:{email}" } ]
            """
                .formatted(
                    sandbox.postgres().jdbcUrl(),
                    sandbox.postgres().user(),
                    sandbox.kafka().bootstrapServers(),
                    sandbox.redis().uri()));
    settings = Configuration.load(config, EnumSet.allOf(Section.class));
    world = new World(settings, EnumSet.of(Role.INGEST, Role.INVALIDATE));
    world.start();
    await().atMost(SOON).until(HandCommandsIT::ready);
    client = RedisClient.create(sandbox.redis().uri());
    redis = client.connect();
  }

  @AfterAll
  static void stop() {
    redis.close();
    client.shutdown();
    world.close();
    sandbox.close();
  }

  @Test
  void the_commands_tell_evict_and_compare() throws Exception {
    published_changes_are_explained();
    names_are_evicted_through_the_workers();
    two_versions_of_the_rules_are_compared_and_redis_and_offsets_stay_as_they_are();
    without_a_worker_an_eviction_is_said_not_to_have_happened();
  }

  private static void published_changes_are_explained() throws Exception {
    execute("INSERT INTO users VALUES (-1, 'old@x')");
    execute("UPDATE users SET email = 'new@x' WHERE id = -1");
    await()
        .atMost(SOON)
        .until(() -> run("explain", "--from-topic", "--json").out().lines().count() == 2);

    Invocation explain = run("explain", "--from-topic", "--last", "1", "--table", "users");

    assertThat(explain.exitCode()).as(explain.err()).isZero();
    assertThat(explain.out())
        .contains("update of public.users, ")
        .contains("user:email:old@x")
        .contains("user:email:new@x")
        .doesNotContain("create of");
  }

  private static void names_are_evicted_through_the_workers() throws Exception {
    redis.sync().set("a:1", "x");
    redis.sync().set("a:2", "x");
    redis.sync().set("b:1", "x");
    redis.sync().set("b:2", "x");

    Invocation keys = run("evict", "key", "a:1", "a:2", "--json", "--timeout", "60");
    Invocation pattern = run("evict", "pattern", "b:*", "--timeout", "60");
    Invocation everything = run("evict", "pattern", "*");

    assertThat(keys.exitCode()).as(keys.err()).isZero();
    JsonNode report = new ObjectMapper().readTree(keys.out());
    assertThat(report.get("evicted").asBoolean()).isTrue();
    assertThat(report.get("requests")).hasSize(2);
    assertThat(report.get("requests").get(0).get("topic").asText()).isEqualTo("shop.invalidations");
    assertThat(pattern.exitCode()).as(pattern.err()).isZero();
    assertThat(pattern.out()).contains("b:*").contains("offset").contains("evicted");
    assertThat(redis.sync().exists("a:1", "a:2", "b:1", "b:2")).isZero();
    assertThat(everything.exitCode()).isEqualTo(2);
    assertThat(everything.err()).contains("--all-keys");
  }

  private static void
      two_versions_of_the_rules_are_compared_and_redis_and_offsets_stay_as_they_are()
          throws Exception {
    execute(
        "INSERT INTO users SELECT i, CASE i % 2 WHEN 0 THEN 'U' ELSE 'u' END || i || '@x'"
            + " FROM generate_series(1, "
            + ROWS
            + ") i");
    StatusLine status = new StatusLine(world);
    await().atMost(SOON).until(() -> status.captured() >= ROWS + 2);
    world.close();
    Path newer =
        Files.writeString(
            directory.resolve("new.yaml"),
            """
            rules:
              - name: users
                source: { schema: public, table: users }
                evict: [ { key: "user:{id}" }, { key: "user:email:{email|lower}" } ]
            """);
    redis.sync().set("user:1", "cached");
    Map<String, String> keys = dump();
    String commands = commands();
    Map<TopicPartition, OffsetAndMetadata> offsets = offsets();

    Invocation replay =
        run(
            "replay",
            "--dry-run",
            "--rules",
            newer.toString(),
            "--since",
            "1h",
            "--json",
            "--show",
            "3");

    assertThat(replay.exitCode()).as(replay.err()).isZero();
    JsonNode report = new ObjectMapper().readTree(replay.out());
    System.out.println(
        "replayed " + report.get("changes") + " at " + report.get("changesPerSecond") + "/s");
    assertThat(report.get("changes").asInt()).isEqualTo(ROWS + 2);
    assertThat(report.get("different").asInt()).isEqualTo(ROWS / 2);
    assertThat(report.get("samples")).hasSize(3);
    JsonNode all = report.get("tables").get(0);
    assertThat(all.get("rule").isNull()).isTrue();
    assertThat(all.get("onlyOld").asInt()).isEqualTo(ROWS / 2);
    assertThat(all.get("onlyNew").asInt()).isEqualTo(ROWS / 2);
    assertThat(commands()).isEqualTo(commands);
    assertThat(dump()).isEqualTo(keys);
    assertThat(offsets()).isEqualTo(offsets);

    Invocation wrong = run("replay", "--rules", newer.toString(), "--since", "yesterday");
    assertThat(wrong.exitCode()).isEqualTo(2);
    assertThat(wrong.err())
        .contains("--since: yesterday")
        .contains("--dry-run")
        .contains("2 problems");
  }

  private static void without_a_worker_an_eviction_is_said_not_to_have_happened() {
    Invocation waited = run("evict", "key", "user:1", "--timeout", "1");
    Invocation handed = run("evict", "key", "user:1", "--no-wait");

    assertThat(waited.exitCode()).isEqualTo(1);
    assertThat(waited.err()).contains("not evicted it within 1 s").contains("fix:");
    assertThat(handed.exitCode()).as(handed.err()).isZero();
  }

  private static boolean ready() {
    return world.programs().stream().map(Program::readiness).allMatch(each -> each.ready());
  }

  private static Invocation run(String... arguments) {
    String[] all = Arrays.copyOf(arguments, arguments.length + 2);
    all[arguments.length] = "--config";
    all[arguments.length + 1] = config.toString();
    return Invocation.of(all);
  }

  /** Every key with its value as Redis would save it. */
  private static Map<String, String> dump() {
    Map<String, String> dump = new TreeMap<>();
    for (String key : redis.sync().keys("*")) {
      dump.put(key, Arrays.toString(redis.sync().dump(key)));
    }
    return dump;
  }

  /** How often each command was called by anybody, but for those that this test looks with. */
  private static String commands() {
    return redis
        .sync()
        .info("commandstats")
        .lines()
        .filter(line -> !line.matches("cmdstat_(info|keys|dump)[:|].*"))
        .collect(Collectors.joining("\n"));
  }

  private static Map<TopicPartition, OffsetAndMetadata> offsets() throws Exception {
    KafkaClients clients = new KafkaClients(Objects.requireNonNull(settings.kafka()));
    try (Admin admin = Admin.create(clients.admin("test"))) {
      List<String> groups =
          admin.listGroups().all().get().stream().map(group -> group.groupId()).toList();
      assertThat(groups).containsExactly("shop.invalidate");
      return admin
          .listConsumerGroupOffsets("shop.invalidate")
          .partitionsToOffsetAndMetadata()
          .get();
    }
  }

  private static void execute(String sql) throws Exception {
    try (Connection connection = sandbox.postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
