package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.sandbox.SandboxPostgres;
import dev.cachetide.sandbox.SandboxRedis;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The doctor on a good stack, on the same stack with twelve faults, and after the fixes that it
 * printed were carried out as printed.
 */
@SuppressWarnings("NullAway.Init")
final class DoctorIT {

  private static final Pattern SQL =
      Pattern.compile("((ALTER|GRANT|REVOKE|CREATE|DROP|SELECT pg_reload)[^;]*;)");
  private static final Pattern CONFIG =
      Pattern.compile("--entity-name (\\S+) --add-config ([^=]+)=(\\S+)");
  private static final Pattern PARTITIONS = Pattern.compile("--topic (\\S+) --partitions (\\d+)");

  @TempDir private static Path directory;
  private static OwnRoles shop;
  private static final Map<Role, Path> files = new EnumMap<>(Role.class);

  @BeforeAll
  static void start() throws Exception {
    Logs.onlyWarnings();
    shop =
        new OwnRoles(
            Sandbox.builder().redis(DoctorIT::worker).start(),
            Map.of("published", "public.users, public.orders", "written", "public.stock"),
            "CREATE TABLE users (id int PRIMARY KEY, email text)",
            "ALTER TABLE users REPLICA IDENTITY FULL",
            "CREATE TABLE orders (id int PRIMARY KEY, user_id int)",
            "CREATE TABLE stock (id int PRIMARY KEY, left_over int)");
    shop.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '16GB'");
    shop.execute("SELECT pg_reload_conf()");
    for (Role role : Role.values()) {
      Path file = Files.writeString(directory.resolve(role + ".yaml"), configuration(role));
      files.put(role, file);
      shop.run(role, file);
    }
  }

  /** With what docs/operations.md says that it needs. */
  private static void worker(SandboxRedis.Builder server) {
    server.user(
        "worker",
        "s3cret",
        "~user:*",
        "~cachetide:*",
        "~tag:*",
        "&cachetide:shop:invalidate",
        "+unlink",
        "+scan",
        "+sscan",
        "+srem",
        "+publish",
        "+get",
        "+set",
        "+evalsha",
        "+eval",
        "+info",
        "+ping");
  }

  @AfterAll
  static void stop() {
    shop.close();
  }

  @Test
  void twelve_faults_are_named_and_what_is_printed_puts_them_right() throws Exception {
    shop.awaitReady();

    assertThat(lines(examine(0)))
        .as("a good stack, but for its one broker")
        .containsExactly(
            "warn Kafka replication shop.writes has one copy: accepted writes are lost with one"
                + " disk");

    shop.stopPrograms();
    Set<String> resting = lines(examine(0));
    assertThat(resting)
        .hasSize(4)
        .anyMatch(line -> line.contains("slot"))
        .anyMatch(line -> line.contains("shop.invalidate"));
    breakTwelveThings();
    List<JsonNode> findings = examine(1);

    Set<String> found = lines(findings);
    found.removeAll(resting);
    assertThat(found).as("exactly the twelve").hasSize(12);
    List<String> wanted =
        List.of(
            "warn Postgres max_slot_wal_keep_size unlimited",
            "warn Postgres synchronous_commit off",
            "fail Postgres grants shop_ingest may not INSERT in cachetide.generation",
            "warn Postgres grants shop_ingest may DELETE in cachetide.heartbeat",
            "fail Postgres catalogue",
            "user:email",
            "fail Postgres row-level security hides rows of public.stock",
            "the publication cachetide_shop leaves out changes",
            "warn Kafka partitions shop.public.users has 1, and 2 are configured",
            "fail Kafka cleanup.policy shop.writes has compact",
            "warn Kafka retention shop.public.orders: retention.ms is 3600000",
            "warn Redis memory",
            "fail Redis permissions worker is refused");
    wanted.forEach(each -> assertThat(found).as(each).anyMatch(line -> line.contains(each)));

    for (String fix : fixes(findings, resting)) {
      carryOut(fix);
    }
    assertThat(lines(examine(0))).as("after the fixes").isEqualTo(resting);
  }

  @Test
  void a_server_that_does_not_answer_is_a_line_and_the_others_are_looked_at() throws Exception {
    int closed;
    try (ServerSocket socket = new ServerSocket(0)) {
      closed = socket.getLocalPort();
    }
    try (SandboxPostgres postgres =
        SandboxPostgres.builder().setting("wal_level", "replica").start()) {
      Path file =
          Files.writeString(
              directory.resolve("away.yaml"),
              """
              pipeline: shop
              postgres: { url: "%s", user: "%s" }
              kafka: { bootstrap.servers: "127.0.0.1:%d", default.api.timeout.ms: 2000, request.timeout.ms: 1000 }
              redis: { url: "redis://127.0.0.1:%d" }
              """
                  .formatted(postgres.jdbcUrl(), postgres.user(), closed, closed));

      Invocation doctor = Invocation.of("doctor", "-c", file.toString());

      assertThat(doctor.exitCode()).as(doctor.err()).isEqualTo(1);
      assertThat(doctor.out())
          .contains("wal_level is replica")
          .contains("ALTER SYSTEM SET wal_level = logical;")
          .contains("postgres is a superuser")
          .contains("Kafka does not answer")
          .contains("Redis does not answer");
    }
  }

  @Test
  void a_configuration_that_cannot_be_read_is_bad_input() throws Exception {
    Path file = Files.writeString(directory.resolve("bad.yaml"), "pipeline: Shop\nrule: []\n");

    Invocation doctor = Invocation.of("doctor", "-c", file.toString());

    assertThat(doctor.exitCode()).isEqualTo(2);
    assertThat(doctor.err()).contains("2 problems");
  }

  private static void breakTwelveThings() throws Exception {
    shop.execute("ALTER SYSTEM RESET max_slot_wal_keep_size");
    shop.execute(
        "SELECT pg_reload_conf()",
        "ALTER DATABASE postgres SET synchronous_commit = off",
        "REVOKE INSERT ON cachetide.generation FROM shop_ingest",
        "GRANT DELETE ON cachetide.heartbeat TO shop_ingest",
        "ALTER TABLE users REPLICA IDENTITY DEFAULT",
        "ALTER TABLE stock ENABLE ROW LEVEL SECURITY",
        "ALTER PUBLICATION cachetide_shop DROP TABLE orders");
    try (Admin admin = shop.admin()) {
      admin.deleteTopics(Set.of("shop.public.users")).all().get();
      await()
          .atMost(OwnRoles.SOON)
          .until(
              () ->
                  made(
                      admin,
                      new NewTopic("shop.public.users", 1, (short) 1)
                          .configs(Map.of("message.timestamp.type", "LogAppendTime"))));
      alter(admin, "shop.writes", "cleanup.policy", "compact");
      alter(admin, "shop.public.orders", "retention.ms", "3600000");
    }
    shop.redis.sync().configSet("maxmemory-policy", "allkeys-lru");
    redis("ACL", "SETUSER", "worker", "-scan");
  }

  private static boolean made(Admin admin, NewTopic topic) throws Exception {
    try {
      admin.createTopics(List.of(topic)).all().get();
      return true;
    } catch (java.util.concurrent.ExecutionException e) {
      assertThat(e).hasCauseInstanceOf(org.apache.kafka.common.errors.TopicExistsException.class);
      return false;
    }
  }

  private static List<String> fixes(List<JsonNode> findings, Set<String> resting) {
    Set<String> fixes = new LinkedHashSet<>();
    for (JsonNode each : findings) {
      if (!each.get("fix").isNull() && !resting.contains(line(each))) {
        fixes.add(each.get("fix").asText());
      }
    }
    return List.copyOf(fixes);
  }

  private static void carryOut(String fix) throws Exception {
    Matcher config = CONFIG.matcher(fix);
    Matcher partitions = PARTITIONS.matcher(fix);
    if (fix.startsWith("ACL ") || fix.startsWith("CONFIG ")) {
      redis(fix.split(" "));
    } else if (config.find()) {
      try (Admin admin = shop.admin()) {
        alter(admin, config.group(1), config.group(2), config.group(3));
      }
    } else if (partitions.find()) {
      try (Admin admin = shop.admin()) {
        widen(admin, partitions.group(1), Integer.parseInt(partitions.group(2)));
      }
    } else {
      List<String> sql = SQL.matcher(fix).results().map(it -> it.group(1)).toList();
      assertThat(sql).as(fix).isNotEmpty();
      for (String each : sql) {
        shop.execute(each);
      }
    }
  }

  /** What the three roles' doctors say, each in its own name. */
  private static List<JsonNode> examine(int exitCode) throws Exception {
    List<JsonNode> findings = new ArrayList<>();
    Set<Integer> codes = new TreeSet<>();
    for (Role role : Role.values()) {
      Invocation doctor =
          Invocation.of(
              "doctor", "--json", "--role", role.toString(), "-c", files.get(role).toString());
      codes.add(doctor.exitCode());
      assertThat(doctor.err().replaceAll("asking \\w+ …\\R", "")).isEmpty();
      new ObjectMapper().readTree(doctor.out()).get("findings").forEach(findings::add);
    }
    assertThat(codes).as(findings.toString()).last().isEqualTo(exitCode);
    return findings;
  }

  private static Set<String> lines(List<JsonNode> findings) {
    return findings.stream()
        .filter(each -> !each.get("severity").asText().equals("ok"))
        .map(DoctorIT::line)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Without the names of the three files. */
  private static String line(JsonNode each) {
    return (each.get("severity").asText()
            + " "
            + each.get("section").asText()
            + " "
            + each.get("check").asText()
            + " "
            + each.get("found").asText())
        .replaceAll("\\S+/(ingest|invalidate|write-behind)\\.yaml", "shop.yaml");
  }

  private static String configuration(Role role) {
    return """
    pipeline: shop
    postgres: { url: "%s", user: "%s" }
    kafka: { bootstrap.servers: "%s" }
    redis: { url: "%s" }
    http: { port: 0 }
    ingest: { partitions: 2 }
    writebehind: { partitions: 2 }
    rules:
      - name: users
        source: { table: users }
        evict: [ { key: "user:{id}" }, { key: "user:email:{email}" } ]
      - name: orders
        source: { table: orders }
        evict: [ { tag: "buyer:{id}" } ]
    writes:
      - { table: public.stock, key: [id] }
    """
        .formatted(
            shop.sandbox.postgres().jdbcUrl(),
            OwnRoles.NAMES.get(role),
            shop.sandbox.kafka().bootstrapServers(),
            shop.sandbox.redis().uri("worker"));
  }

  private static void redis(String... words) {
    CommandArgs<String, String> arguments = new CommandArgs<>(StringCodec.UTF8);
    for (int i = 1; i < words.length; i++) {
      arguments.add(words[i]);
    }
    assertThat(
            shop.redis
                .sync()
                .dispatch(
                    CommandType.valueOf(words[0]), new StatusOutput<>(StringCodec.UTF8), arguments))
        .isEqualTo("OK");
  }

  /** Returns once the broker tells of them. */
  private static void widen(Admin admin, String topic, int partitions) throws Exception {
    admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(partitions))).all().get();
    await()
        .atMost(OwnRoles.SOON)
        .until(
            () ->
                admin
                        .describeTopics(List.of(topic))
                        .allTopicNames()
                        .get()
                        .get(topic)
                        .partitions()
                        .size()
                    == partitions);
  }

  /** Returns once the broker tells the new value. */
  private static void alter(Admin admin, String topic, String name, String value) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    admin
        .incrementalAlterConfigs(
            Map.of(
                resource,
                List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET))))
        .all()
        .get();
    await()
        .atMost(OwnRoles.SOON)
        .until(
            () ->
                admin
                    .describeConfigs(List.of(resource))
                    .all()
                    .get()
                    .get(resource)
                    .get(name)
                    .value()
                    .equals(value));
  }
}
