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
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
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

  private static final Duration SOON = Duration.ofMinutes(2);
  private static final String DENIED = "42501";
  @TempDir private static Path directory;
  private static ShopServers servers;
  private static RedisClient client;
  private static StatefulRedisConnection<String, String> redis;
  private static final Map<Role, World> worlds = new EnumMap<>(Role.class);

  @BeforeAll
  static void start() throws Exception {
    Logs.onlyWarnings();
    servers =
        new ShopServers(
            Sandbox.builder()
                .postgres(
                    postgres ->
                        postgres
                            .setting("logging_collector", "on")
                            .setting("log_destination", "jsonlog")
                            .setting("log_directory", "log")
                            .setting("log_filename", "statements.log")
                            .setting("log_rotation_age", "0")
                            .setting("log_rotation_size", "0")
                            .setting("log_statement", "all"))
                .start());
    servers.execute("CREATE ROLE shop_owner LOGIN", "GRANT CREATE ON SCHEMA public TO shop_owner");
    servers.execute(
        "SET ROLE shop_owner",
        "CREATE TABLE users (id int PRIMARY KEY, email text)",
        "CREATE TABLE stock (id int PRIMARY KEY, left_over int, version int NOT NULL DEFAULT 1)",
        "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users)",
        "INSERT INTO users VALUES (1, 'old@x')",
        "INSERT INTO orders VALUES (10, 1)",
        "INSERT INTO stock VALUES (1, 5)",
        "RESET ROLE");
    prepare();
    client = RedisClient.create(servers.sandbox().redis().uri());
    redis = client.connect();
  }

  @AfterAll
  static void stop() {
    worlds.values().forEach(World::close);
    redis.close();
    client.shutdown();
    servers.close();
  }

  @Test
  void a_pipeline_runs_with_these_grants_and_with_none_less() throws Exception {
    for (Role role : Role.values()) {
      run(role, "user:{id}");
    }
    a_row_change_leaves_redis();
    commands_land_are_parked_lose_and_are_told_of();
    other_rules_and_a_write_topic_made_anew_are_answered();
    worlds.values().forEach(World::close);
    each_grant_is_needed();
  }

  @Test
  void the_script_may_run_again() throws Exception {
    prepare();
  }

  private static void a_row_change_leaves_redis() throws Exception {
    redis.sync().mset(Map.of("user:1", "old", "order:10", "old"));
    servers.execute("UPDATE users SET email = 'new@x' WHERE id = 1");
    await().atMost(SOON).until(() -> redis.sync().exists("user:1", "order:10") == 0);
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
                servers
                    .one(
                        "SELECT (SELECT email FROM users WHERE id = 2)"
                            + " || (SELECT count(*) FROM cachetide.dead_letter)"
                            + " || (SELECT count(*) FROM cachetide.conflict)"
                            + " || (SELECT string_agg(id::text, ',') FROM stock)")
                    .equals("d@x119"));
    await().atMost(SOON).until(() -> end("shop.receipts") > 0);
  }

  private static void other_rules_and_a_write_topic_made_anew_are_answered() throws Exception {
    worlds.get(Role.WRITE_BEHIND).close();
    worlds.get(Role.INVALIDATE).close();
    String before = servers.one("SELECT generation FROM cachetide.generation WHERE scope = '*'");
    try (Admin admin = admin()) {
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
        .until(() -> servers.one("SELECT count(*) FROM users WHERE id = 3").equals("1"));
    await()
        .atMost(SOON)
        .until(
            () ->
                !servers
                    .one("SELECT generation FROM cachetide.generation WHERE scope = '*'")
                    .equals(before));
  }

  private static void each_grant_is_needed() throws Exception {
    List<String> needless = new ArrayList<>();
    // A statement with parameters that have no value can only be explained as a simple query.
    try (Connection connection =
            DriverManager.getConnection(
                servers.sandbox().postgres().jdbcUrl() + "?preferQueryMode=simple",
                servers.sandbox().postgres().user(),
                servers.sandbox().postgres().password());
        Statement statement = connection.createStatement()) {
      for (String role : ShopServers.USERS.values()) {
        List<String> sent = sent(role);
        List<Grant> grants = grants(role);
        assertThat(grants).hasSizeGreaterThan(8);
        for (Grant grant : grants) {
          statement.execute("REVOKE " + grant + " FROM " + role);
          if (refused(statement, role, sent).isEmpty()) {
            needless.add(grant + " to " + role);
          }
          statement.execute("GRANT " + grant + " TO " + role);
          assertThat(refused(statement, role, sent)).as("with %s", grant).isEmpty();
        }
      }
      String replicate = "SELECT pg_create_logical_replication_slot('other', 'pgoutput', true)";
      statement.execute("ALTER ROLE shop_ingest NOREPLICATION");
      assertThat(refusal(statement, "shop_ingest", replicate)).contains("replication");
      statement.execute("ALTER ROLE shop_ingest REPLICATION");
      assertThat(refusal(statement, "shop_ingest", replicate)).isEmpty();
    }
    assertThat(needless).as("grants that no statement of the programs needs").isEmpty();
  }

  /** What Postgres says to the first statement that it refuses; empty when it refuses none. */
  private static String refused(Statement statement, String role, List<String> sent)
      throws SQLException {
    for (String sql : sent) {
      String refusal = refusal(statement, role, "EXPLAIN (GENERIC_PLAN) " + sql);
      if (!refusal.isEmpty()) {
        assertThat(refusal).startsWith("ERROR: permission denied for ");
        return refusal;
      }
    }
    return "";
  }

  private static String refusal(Statement statement, String role, String sql) throws SQLException {
    statement.execute("SET ROLE " + role);
    try {
      statement.execute(sql);
      return "";
    } catch (SQLException e) {
      return DENIED.equals(e.getSQLState()) ? String.valueOf(e.getMessage()) : "";
    } finally {
      statement.execute("RESET ROLE");
    }
  }

  /** The distinct statements of a role, from the server's log, that Postgres can plan. */
  private static List<String> sent(String role) throws IOException {
    Set<String> sent = new TreeSet<>();
    ObjectMapper mapper = new ObjectMapper();
    try (Stream<Path> files = Files.walk(servers.sandbox().postgres().directory())) {
      Path log = files.filter(file -> file.endsWith("statements.json")).findFirst().orElseThrow();
      for (String line : Files.readAllLines(log, StandardCharsets.UTF_8)) {
        JsonNode entry = mapper.readTree(line);
        String message = entry.path("message").asText();
        if (entry.path("user").asText().equals(role)
            && message.matches("(?s)(execute|statement).*")) {
          String sql = message.substring(message.indexOf(": ") + 2).strip();
          if (sql.matches("(?s)(SELECT|INSERT|UPDATE|DELETE|WITH)\\b.*")) {
            sent.add(sql);
          }
        }
      }
    }
    return List.copyOf(sent);
  }

  private static List<Grant> grants(String role) throws SQLException {
    List<Grant> grants = new ArrayList<>();
    try (Connection connection = servers.sandbox().postgres().connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT a.privilege_type, c.oid::regclass::text FROM pg_class c,"
                    + " aclexplode(c.relacl) a WHERE a.grantee = '"
                    + role
                    + "'::regrole UNION ALL SELECT a.privilege_type, 'SCHEMA ' || n.nspname"
                    + " FROM pg_namespace n, aclexplode(n.nspacl) a WHERE a.grantee = '"
                    + role
                    + "'::regrole ORDER BY 2, 1")) {
      while (row.next()) {
        grants.add(new Grant(row.getString(1), row.getString(2)));
      }
    }
    return grants;
  }

  private static void prepare() throws Exception {
    servers.prepareRoles(
        Map.of(
            "published", "public.users, public.orders",
            "written", "public.users, public.stock",
            "looked_up", "public.orders"));
  }

  private static void run(Role role, String key) throws Exception {
    Path file = Files.writeString(directory.resolve(role + ".yaml"), configuration(role, key));
    PipelineSettings settings = Configuration.load(file, EnumSet.allOf(Section.class));
    World world = new World(settings, EnumSet.of(role));
    worlds.put(role, world);
    world.start();
    await()
        .atMost(SOON)
        .until(() -> world.programs().stream().map(Program::readiness).allMatch(it -> it.ready()));
  }

  private static String configuration(Role role, String key) {
    return servers.configuration(
        ShopServers.USERS.get(role),
        servers.sandbox().redis().uri(),
        """
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
            .formatted(key));
  }

  private static void command(String key, String fields) throws Exception {
    Map<String, Object> properties = clients().producer("test", Duration.ZERO, SOON);
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(properties)) {
      producer
          .send(
              new ProducerRecord<>(
                  "shop.writes",
                  ("public." + key).getBytes(StandardCharsets.UTF_8),
                  ("{\"v\":1," + fields + "}").getBytes(StandardCharsets.UTF_8)))
          .get();
    }
  }

  private static long end(String topic) throws Exception {
    TopicPartition partition = new TopicPartition(topic, 0);
    try (Admin admin = admin()) {
      return admin
          .listOffsets(Map.of(partition, OffsetSpec.latest()))
          .partitionResult(partition)
          .get()
          .offset();
    }
  }

  private static Admin admin() {
    return Admin.create(clients().admin("test"));
  }

  private static KafkaClients clients() {
    return new KafkaClients(
        new dev.cachetide.runtime.settings.KafkaSettings(
            Map.of("bootstrap.servers", servers.sandbox().kafka().bootstrapServers()),
            Map.of(),
            Map.of()));
  }

  /** A privilege on something. */
  private record Grant(String privilege, String object) {
    @Override
    public String toString() {
      return privilege + " ON " + object;
    }
  }
}
