package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.cli.console.Console;
import dev.cachetide.cli.console.ConsoleSettings;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.sandbox.Sandbox;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * docs/postgres-roles.sql is enough, and nothing in it is too much: a pipeline runs with it, and
 * for each grant there is a statement that the programs have sent and that fails without it.
 */
@SuppressWarnings("NullAway.Init")
final class PostgresRolesIT {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration SOON = OwnRoles.SOON;

  @TempDir private static Path directory;
  private static OwnRoles shop;

  @BeforeAll
  static void start() throws Exception {
    Logs.onlyWarnings();
    shop =
        new OwnRoles(
            Sandbox.builder().postgres(GrantAudit::logging).start(),
            Map.of(
                "published", "public.users, public.orders",
                "written", "public.users, public.stock",
                "looked_up", "public.orders"),
            "CREATE TABLE users (id int PRIMARY KEY, email text)",
            "CREATE TABLE stock (id int PRIMARY KEY, left_over int, version int NOT NULL DEFAULT 1)",
            "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users)",
            "INSERT INTO users VALUES (1, 'old@x')",
            "INSERT INTO orders VALUES (10, 1)",
            "INSERT INTO stock VALUES (1, 5)");
  }

  @AfterAll
  static void stop() {
    shop.close();
  }

  @Test
  void a_pipeline_runs_with_these_grants_and_with_none_less() throws Exception {
    for (Role role : Role.values()) {
      run(role, "user:{id}");
    }
    a_row_change_leaves_redis();
    commands_land_are_parked_lose_and_are_told_of();
    operations_look_pause_resync_and_resolve();
    other_rules_and_a_write_topic_made_anew_are_answered();
    shop.stopPrograms();
    each_grant_is_needed();
  }

  private static void each_grant_is_needed() throws Exception {
    List<String> roles = new ArrayList<>(OwnRoles.NAMES.values());
    roles.add(OwnRoles.OPERATIONS);
    try (GrantAudit audit = new GrantAudit(shop.sandbox.postgres())) {
      assertThat(audit.needless(roles)).as("grants that no statement needs").isEmpty();
      audit.needs(
          OwnRoles.NAMES.get(Role.INGEST),
          "NOREPLICATION",
          "REPLICATION",
          "SELECT pg_create_logical_replication_slot('other', 'pgoutput', true)");
    }
  }

  @Test
  void the_script_may_run_again() throws Exception {
    shop.prepare();
  }

  private static void a_row_change_leaves_redis() throws Exception {
    shop.redis.sync().mset(Map.of("user:1", "old", "order:10", "old"));
    shop.execute("UPDATE users SET email = 'new@x' WHERE id = 1");
    await().atMost(SOON).until(() -> shop.redis.sync().exists("user:1", "order:10") == 0);
  }

  private static void commands_land_are_parked_lose_and_are_told_of() throws Exception {
    command(
        "users{\"id\":2}",
        "\"op\":\"upsert\",\"table\":\"public.users\",\"key\":{\"id\":2},"
            + "\"set\":{\"email\":\"b@x\"},\"id\":\"first\"");
    command(
        "users{\"id\":2}",
        "\"op\":\"insert\",\"table\":\"public.users\",\"key\":{\"id\":2},"
            + "\"set\":{\"email\":\"c@x\"},\"id\":\"second\"");
    command(
        "users{\"id\":2}",
        "\"op\":\"update\",\"table\":\"public.users\",\"key\":{\"id\":2},"
            + "\"set\":{\"email\":\"d@x\"}");
    command(
        "stock{\"id\":1}",
        "\"op\":\"update\",\"table\":\"public.stock\",\"key\":{\"id\":1},"
            + "\"set\":{\"left_over\":4},\"base\":7");
    command(
        "stock{\"id\":9}",
        "\"op\":\"insert\",\"table\":\"public.stock\",\"key\":{\"id\":9},"
            + "\"set\":{\"left_over\":1}");
    command(
        "stock{\"id\":1}",
        "\"op\":\"delete\",\"table\":\"public.stock\",\"key\":{\"id\":1},\"base\":1");
    command(
        "users{\"id\":8}",
        "\"op\":\"upsert\",\"table\":\"public.users\",\"key\":{\"id\":8},\"set\":{}");
    command("users{\"id\":8}", "\"op\":\"delete\",\"table\":\"public.users\",\"key\":{\"id\":8}");
    await()
        .atMost(SOON)
        .until(
            () ->
                shop.one(
                        "SELECT (SELECT email FROM users WHERE id = 2)"
                            + " || (SELECT count(*) FROM cachetide.dead_letter)"
                            + " || (SELECT count(*) FROM cachetide.conflict)"
                            + " || (SELECT string_agg(id::text, ',') FROM stock)")
                    .equals("d@x119"));
    await().atMost(SOON).until(() -> end("shop.receipts") > 0);
  }

  private static void operations_look_pause_resync_and_resolve() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("operations.yaml"), configuration(OwnRoles.OPERATIONS, "user:{id}"));
    publish("shop.public.users", "{\"id\":1}", "no event");
    await().atMost(SOON).until(() -> succeeds(file, "dead-letters", "list").contains("e0-0"));
    the_console_sees_postgres(file);
    String write = "w" + shop.one("SELECT min(id) FROM cachetide.dead_letter");
    String conflict = "c" + shop.one("SELECT min(id) FROM cachetide.conflict");
    succeeds(file, "dead-letters", "show", write, "--values");
    succeeds(file, "dead-letters", "show", "e0-0");
    succeeds(file, "dead-letters", "replay", write, "--set", "email=f@x");
    succeeds(file, "dead-letters", "discard", "e0-0");
    succeeds(file, "conflicts", "discard", conflict);
    succeeds(file, "pause", "invalidate", "write-behind", "--yes");
    assertThat(succeeds(file, "pause", "--list")).contains("invalidate", "write-behind");
    succeeds(file, "resume", "invalidate", "write-behind");
    succeeds(file, "resync", "public.users");
    assertThat(Invocation.of("doctor", "--role", "operations", "-c", file.toString()).out())
        .containsPattern("ok +grants +all \\d+ that the programs need");
  }

  private static String succeeds(Path file, String... words) {
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("-c", file.toString()));
    Invocation invocation = Invocation.of(all.toArray(String[]::new));
    assertThat(invocation.exitCode()).as("%s: %s", all, invocation).isZero();
    return invocation.out();
  }

  private static void the_console_sees_postgres(Path file) throws Exception {
    PipelineSettings settings = Configuration.load(file, EnumSet.allOf(Section.class));
    ConsoleSettings alone = new ConsoleSettings("127.0.0.1", 0, Set.of(), null, List.of());
    try (Console console = ConsoleCommand.console(file, settings, alone)) {
      console.start();
      HttpRequest status = HttpRequest.newBuilder(URI.create(console.url() + "api/status")).build();
      await()
          .atMost(SOON)
          .until(
              () ->
                  JSON
                      .readTree(
                          HttpClient.newHttpClient()
                              .send(status, HttpResponse.BodyHandlers.ofString())
                              .body())
                      .findValues("parkedWrites")
                      .stream()
                      .anyMatch(JsonNode::isNumber));
    }
  }

  private static void other_rules_and_a_write_topic_made_anew_are_answered() throws Exception {
    shop.stop(Role.WRITE_BEHIND, Role.INVALIDATE);
    String before = shop.one("SELECT generation FROM cachetide.generation WHERE scope = '*'");
    try (Admin admin = shop.admin()) {
      admin.deleteTopics(Set.of("shop.writes")).all().get();
    }
    run(Role.INVALIDATE, "person:{id}");
    run(Role.WRITE_BEHIND, "person:{id}");
    command(
        "users{\"id\":3}",
        "\"op\":\"upsert\",\"table\":\"public.users\",\"key\":{\"id\":3},"
            + "\"set\":{\"email\":\"e@x\"}");
    await()
        .atMost(SOON)
        .until(() -> shop.one("SELECT count(*) FROM users WHERE id = 3").equals("1"));
    await()
        .atMost(SOON)
        .until(
            () ->
                !shop.one("SELECT generation FROM cachetide.generation WHERE scope = '*'")
                    .equals(before));
  }

  private static void run(Role role, String key) throws Exception {
    shop.run(
        role,
        Files.writeString(
            directory.resolve(role + ".yaml"), configuration(OwnRoles.NAMES.get(role), key)));
    shop.awaitReady();
  }

  private static String configuration(String user, String key) {
    return """
    pipeline: shop
    postgres: { url: "%s", user: "%s" }
    kafka: { bootstrap.servers: "%s" }
    redis: { url: "%s" }
    http: { port: 0 }
    ingest: { partitions: 1 }
    writebehind: { partitions: 1 }
    rules:
      - name: users
        source: { table: users }
        evict: [ { key: "%s" } ]
        fan_out: [ { key: "order:{id}", through: orders } ]
      - name: orders
        source: { table: orders }
        evict: [ { key: "order:{id}" } ]
    writes:
      - { table: public.users, key: [id] }
      - { table: public.stock, key: [id], conflicts: optimistic, version: version }
    """
        .formatted(
            shop.sandbox.postgres().jdbcUrl(),
            user,
            shop.sandbox.kafka().bootstrapServers(),
            shop.sandbox.redis().uri(),
            key);
  }

  private static void command(String key, String fields) throws Exception {
    publish("shop.writes", "public." + key, "{\"v\":1," + fields + "}");
  }

  private static void publish(String topic, String key, String value) throws Exception {
    Map<String, Object> properties = clients().producer("test", Duration.ZERO, SOON);
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(properties)) {
      producer
          .send(
              new ProducerRecord<>(
                  topic,
                  key.getBytes(StandardCharsets.UTF_8),
                  value.getBytes(StandardCharsets.UTF_8)))
          .get();
    }
  }

  private static long end(String topic) throws Exception {
    TopicPartition partition = new TopicPartition(topic, 0);
    try (Admin admin = shop.admin()) {
      return admin
          .listOffsets(Map.of(partition, OffsetSpec.latest()))
          .partitionResult(partition)
          .get()
          .offset();
    }
  }

  private static KafkaClients clients() {
    return new KafkaClients(
        new dev.cachetide.runtime.settings.KafkaSettings(
            Map.of("bootstrap.servers", shop.sandbox.kafka().bootstrapServers()),
            Map.of(),
            Map.of()));
  }
}
