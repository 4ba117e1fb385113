package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.WritePublisher;
import dev.cachetide.invalidation.RedisSigns;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.wire.TableName;
import dev.cachetide.wire.WriteCommand;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code cachetide status} beside what the servers of a running pipeline say themselves. */
@SuppressWarnings("NullAway.Init")
final class StatusIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String NOWHERE = "127.0.0.1:1";
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String PIPELINE =
      """
      ingest: { partitions: 2 }
      writebehind: { partitions: 2 }
      rules:
        - { name: users, source: { table: users }, evict: [ { key: "user:{id}" } ] }
      writes:
        - { table: products, key: [id] }
        - { table: accounts, key: [id], conflicts: optimistic, version: version }
      """;

  @TempDir private static Path directory;
  private static ShopServers servers;
  private static PipelineSettings settings;
  private static Path config;
  private static World standby;
  private static final Map<Role, World> worlds = new EnumMap<>(Role.class);

  @BeforeAll
  static void start() throws Exception {
    Logs.onlyWarnings();
    servers = ShopServers.start();
    servers.execute(
        "CREATE TYPE mood AS ENUM ('happy', 'sad')",
        "CREATE TABLE users (id int PRIMARY KEY, email text)",
        "CREATE TABLE products (id int PRIMARY KEY, mood mood)",
        "CREATE TABLE accounts (id int PRIMARY KEY, n text, version int NOT NULL DEFAULT 1)",
        "INSERT INTO accounts VALUES (1, 'x', 3)");
    config = servers.file(directory, PIPELINE);
    settings = Configuration.load(config, EnumSet.allOf(Section.class));
    for (Role role : Role.values()) {
      worlds.put(role, started(role));
    }
    await().atMost(SOON).until(() -> worlds.values().stream().allMatch(ShopServers::ready));
    standby = started(Role.INGEST);
    setAside();
  }

  private static World started(Role role) {
    World world = new World(settings, EnumSet.of(role));
    world.start();
    return world;
  }

  /** Two refused writes, one conflict, and three requests that nobody can read. */
  private static void setAside() throws Exception {
    try (WritePublisher publisher =
        new WritePublisher(
            settings.names(),
            Map.of("bootstrap.servers", servers.sandbox().kafka().bootstrapServers()))) {
      for (int id = 1; id <= 2; id++) {
        publisher
            .publish(WriteCommand.upsert("products", Map.of("id", id), Map.of("mood", "so-so")))
            .join();
      }
      publisher
          .publish(
              new WriteCommand.Update(
                  TableName.parse("accounts"), Map.of("id", 1), Map.of("n", "y"), null, 1))
          .join();
    }
    servers.publishNonsense(3);
  }

  @AfterAll
  static void stop() {
    standby.close();
    worlds.values().forEach(World::close);
    servers.close();
  }

  @Test
  void its_figures_are_those_of_the_servers() throws Exception {
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              JsonNode status = status();
              assertThat(status.at("/postgres/parkedWrites").asInt()).isEqualTo(2);
              assertThat(status.at("/postgres/conflicts").asInt()).isEqualTo(1);
              assertThat(status.at("/events/parked").asInt()).isEqualTo(3);
              assertThat(status.at("/redis/believed").asBoolean()).isTrue();
              assertThat(role(status, Role.INGEST).get("standby").asInt()).isEqualTo(1);
            });
    String before = servers.one("SELECT pg_current_wal_lsn()");
    JsonNode status = status();

    assertThat(role(status, Role.INGEST).get("active").asInt()).isEqualTo(1);
    assertThat(role(status, Role.INGEST).get("state").asText()).isEqualTo("reads");
    for (Role role : List.of(Role.INVALIDATE, Role.WRITE_BEHIND)) {
      assertThat(role(status, role).get("state").asText()).isEqualTo("reads");
      assertThat(joined(status, role)).isEqualTo(members(role)).isNotEmpty();
    }
    JsonNode slot = status.at("/postgres/slot");
    assertThat(slot.get("active").asBoolean()).isTrue();
    assertThat(slot.get("walStatus").asText())
        .isEqualTo(servers.one("SELECT wal_status FROM pg_replication_slots"));
    assertThat(slot.get("retainedBytes").asLong())
        .isBetween(
            Long.parseLong(
                servers.one("SELECT '" + before + "' - restart_lsn FROM pg_replication_slots")),
            Long.parseLong(servers.one("SELECT pg_current_wal_lsn() - '0/0'")));
    assertThat(
            servers.one(
                "SELECT '"
                    + slot.get("confirmedLsn").asText()
                    + "'::pg_lsn <= confirmed_flush_lsn"
                    + " FROM pg_replication_slots"))
        .isEqualTo("t");
    String generation =
        servers.one(
            "SELECT coalesce(max(generation), 0) FROM cachetide.generation WHERE scope = '*'");
    assertThat(status.at("/postgres/generation/number").asText("0")).isEqualTo(generation);
    assertThat(status.at("/redis/beat/generation").asText()).isEqualTo(generation);
    assertThat(status.at("/redis/certified").asBoolean()).isTrue();
    assertThat(status.at("/redis/runIds/0").asText()).isEqualTo(runId());
    for (JsonNode epoch : status.at("/postgres/epochs")) {
      String row =
          " FROM cachetide.consumer_offset WHERE partition = " + epoch.get("partition").asInt();
      assertThat(epoch.get("epoch").asText()).isEqualTo(servers.one("SELECT epoch" + row));
      assertThat(epoch.get("nextOffset").asText())
          .isEqualTo(servers.one("SELECT next_offset" + row));
    }
    assertThat(status.at("/postgres/epochs")).hasSize(2);
    assertThat(status.at("/gate/runsIn").asText()).isEqualTo("ingest");
    assertThat(status.at("/gate/batches").asLong()).isPositive();
  }

  @Test
  void what_was_dealt_with_is_counted_no_more() throws Exception {
    await().atMost(SOON).until(() -> status().at("/events/parked").asInt() == 3);
    JsonNode letters =
        JSON.readTree(run("dead-letters", "list", "--kind", "events", "--json").out());
    String id = letters.at("/letters/0/id").asText();
    assertThat(run("dead-letters", "discard", id, "--yes").exitCode()).isZero();

    assertThat(status().at("/events/parked").asInt()).isEqualTo(2);

    servers.execute("DELETE FROM cachetide.event_dead_letter");
  }

  @Test
  void what_is_paused_is_listed_and_roles_say_so() throws Exception {
    assertThat(run("pause", "--table", "users", "--yes", "--reason", "import").exitCode()).isZero();
    assertThat(run("pause", "write-behind").exitCode()).isZero();
    try {
      assertThat(shown().out())
          .containsPattern("table +public.users +\\S+ +\\S+ +bypassed +import")
          .containsPattern("role +write-behind +\\S+ +\\S+ +- *\n")
          .containsPattern("write-behind +paused +1 +0 +0 +0\\.0")
          .containsPattern("\n  gate +in ingest, [0-9,]+ batches");
      assertThat(status().at("/postgres/pauses")).hasSize(2);
    } finally {
      assertThat(run("resume", "--all").exitCode()).isZero();
    }
    await().atMost(SOON).until(() -> status().at("/redis/believed").asBoolean());
  }

  @Test
  void a_role_that_nobody_does_is_no_failure_and_is_told() throws Exception {
    World worker = worlds.get(Role.INVALIDATE);
    worker.close();
    try {
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(shown().out())
                      .containsPattern("invalidate +nobody +0 +0")
                      .containsPattern("believed +no: no worker beats"));
      Invocation named = run("status", "--metrics", "http://" + NOWHERE + "/metrics");
      assertThat(named.exitCode()).isEqualTo(1);
      assertThat(named.out()).contains("http://" + NOWHERE + "/metrics does not answer");
    } finally {
      worlds.put(Role.INVALIDATE, started(Role.INVALIDATE));
    }
    await().atMost(SOON).until(() -> status().at("/redis/believed").asBoolean());
  }

  @Test
  void a_server_that_is_down_is_named_and_the_rest_is_shown() throws Exception {
    String kafka =
        NOWHERE
            + "\", default.api.timeout.ms: 2000, request.timeout.ms: 1000, client.dns.lookup: \"use_all_dns_ips";
    Invocation noKafka = without(servers.sandbox().kafka().bootstrapServers(), kafka);
    assertThat(noKafka.out())
        .contains("Kafka does not answer")
        .containsPattern("ingest +reads +1 +1")
        .containsPattern("invalidate +not known +\\? +\\? +\\? +\\?")
        .containsPattern("dead letters +2 writes, events not known")
        .containsPattern("believed +yes");
    Invocation noPostgres =
        without(servers.sandbox().postgres().jdbcUrl(), "jdbc:postgresql://" + NOWHERE + "/none");
    assertThat(noPostgres.out())
        .contains("Postgres does not answer (SQLSTATE 08001)")
        .containsPattern("ingest +not known +\\? +\\?")
        .containsPattern("invalidate +reads +1 +0 ")
        .containsPattern("certified +not known");
    Invocation noRedis = without(servers.sandbox().redis().uri(), "redis://" + NOWHERE);
    assertThat(noRedis.out())
        .contains("Redis does not answer: ")
        .containsPattern("invalidate +reads +1 +0 ")
        .contains("is read");
    Invocation nobody = without("\"" + servers.sandbox().postgres().user() + "\"", "\"nobody\"");
    assertThat(nobody.out()).contains("Postgres refuses this user (SQLSTATE 28000)");
    for (Invocation each : List.of(noKafka, noPostgres, noRedis, nobody)) {
      assertThat(each.exitCode()).as(each.out()).isEqualTo(1);
      assertThat(each.out()).doesNotContain("\tat ");
    }
  }

  @Test
  void who_looks_again_and_again_sees_a_server_go_and_come_back() throws Exception {
    try (StatusLook look = new StatusLook(settings, List.of())) {
      await().atMost(SOON).until(() -> signs(look).believed());
      Set<String> before = signs(look).runIds();
      servers.sandbox().redis().stop();
      assertThat(look.look().problems())
          .singleElement()
          .asString()
          .startsWith("Redis does not answer: ");
      servers.sandbox().redis().start();
      await().atMost(SOON).ignoreExceptions().until(() -> signs(look).believed());
      assertThat(signs(look).runIds()).isNotEqualTo(before);
      assertThat(look.look().problems()).isEmpty();
    }
  }

  /** Throws while Redis does not answer. */
  private static RedisSigns signs(StatusLook look) {
    return Objects.requireNonNull(Objects.requireNonNull(look.look().redis()).value());
  }

  @Test
  void a_wrong_file_and_wrong_options_are_bad_input() throws Exception {
    Path wrong =
        Files.writeString(directory.resolve("wrong.yaml"), "pipeline: shop\nnonsense: 1\n");
    Invocation file = Invocation.of("status", "-c", wrong.toString());
    assertThat(file.exitCode()).isEqualTo(2);
    assertThat(file.err()).contains("nonsense", "postgres", "kafka");
    Invocation options = run("status", "--watch=0", "--metrics", "file:///etc/passwd");
    assertThat(options.exitCode()).isEqualTo(2);
    assertThat(options.err()).contains("--watch", "1 to 3600", "--metrics");
  }

  private static Invocation without(String server, String instead) throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("away.yaml"),
            servers.configuration(PIPELINE).replace(server, instead));
    return Invocation.of("status", "-c", file.toString());
  }

  /** On a busy machine a page may not answer in time. */
  private static Invocation shown(String... more) {
    String[] all =
        Stream.concat(Stream.of("status", "--metrics", page(Role.INGEST)), Stream.of(more))
            .toArray(String[]::new);
    return await().atMost(SOON).until(() -> run(all), shown -> shown.exitCode() == 0);
  }

  private static JsonNode status() throws Exception {
    return JSON.readTree(shown("--json").out());
  }

  private static String page(Role role) {
    return "http://127.0.0.1:" + worlds.get(role).httpPort() + "/metrics";
  }

  private static JsonNode role(JsonNode status, Role role) {
    for (JsonNode each : status.get("roles")) {
      if (each.get("role").asText().equals(role.toString())) {
        return each;
      }
    }
    throw new AssertionError("no role " + role + " in " + status);
  }

  private static String group(Role role) {
    return role == Role.INVALIDATE
        ? settings.names().invalidationGroup()
        : settings.names().writeBehindGroup();
  }

  /** Each partition with its owner, as status says. */
  private static Set<String> joined(JsonNode status, Role role) {
    Set<String> joined = new TreeSet<>();
    for (JsonNode group : status.at("/kafka/groups")) {
      if (group.get("group").asText().equals(group(role))) {
        for (JsonNode member : group.get("joined")) {
          for (JsonNode each : member.get("partitions")) {
            joined.add(
                member.get("id").asText()
                    + " "
                    + each.get("topic").asText()
                    + "-"
                    + each.get("partition").asInt());
          }
        }
      }
    }
    return joined;
  }

  /** The same, as Kafka says. */
  private static Set<String> members(Role role) throws Exception {
    Set<String> members = new TreeSet<>();
    try (Admin admin =
        Admin.create(Map.of("bootstrap.servers", servers.sandbox().kafka().bootstrapServers()))) {
      for (MemberDescription member :
          admin
              .describeConsumerGroups(Set.of(group(role)))
              .all()
              .get()
              .get(group(role))
              .members()) {
        member
            .assignment()
            .topicPartitions()
            .forEach(each -> members.add(member.consumerId() + " " + each));
      }
    }
    return members;
  }

  private static String runId() {
    RedisClient client = RedisClient.create(servers.sandbox().redis().uri());
    try (StatefulRedisConnection<String, String> redis = client.connect()) {
      return redis
          .sync()
          .info("server")
          .lines()
          .filter(line -> line.startsWith("run_id:"))
          .map(line -> line.substring("run_id:".length()).strip())
          .findFirst()
          .orElseThrow();
    } finally {
      client.shutdown();
    }
  }

  private static Invocation run(String... arguments) {
    return Invocation.with(config, arguments);
  }
}
