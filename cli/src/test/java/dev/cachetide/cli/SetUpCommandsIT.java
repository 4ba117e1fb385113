package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.sandbox.Sandbox;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pipeline's topics made beforehand, and what it left removed. */
@SuppressWarnings("NullAway.Init")
final class SetUpCommandsIT {

  private static final Duration SOON = Duration.ofMinutes(2);
  private static final List<String> TOPICS =
      List.of(
          "shop.cachetide.generation",
          "shop.cachetide.heartbeat",
          "shop.dead-letters",
          "shop.invalidations",
          "shop.public.carts",
          "shop.public.users",
          "shop.receipts",
          "shop.writes");

  @TempDir private static Path directory;
  private static Sandbox sandbox;
  private static Path config;

  @BeforeAll
  static void start() throws Exception {
    Logs.onlyWarnings();
    sandbox = Sandbox.builder().withoutRedis().start();
    execute("CREATE TABLE users (id int PRIMARY KEY)");
    execute("CREATE TABLE carts (id int PRIMARY KEY)");
    config =
        Files.writeString(
            directory.resolve("shop.yaml"),
            """
            pipeline: shop
            postgres: { url: "%s", user: "%s" }
            kafka: { bootstrap.servers: "%s" }
            http: { port: 0 }
            ingest: { partitions: 3 }
            rules:
              - name: users
                source: { table: users }
                evict: [ { key: "user:{id}" } ]
              - name: carts
                source: { table: "cart*" }
                evict: [ { key: "cart:{id}" } ]
            writes:
              - { table: public.users, key: [id] }
            """
                .formatted(
                    sandbox.postgres().jdbcUrl(),
                    sandbox.postgres().user(),
                    sandbox.kafka().bootstrapServers()));
  }

  @AfterAll
  static void stop() {
    sandbox.close();
  }

  @Test
  void topics_are_made_once_and_everything_is_removed_again() throws Exception {
    topics_are_made_and_what_differs_is_told();
    what_is_in_use_is_not_torn_down();
    nothing_is_dropped_unasked();
    everything_goes();
  }

  @Test
  void a_kafka_that_does_not_answer_is_no_success() throws Exception {
    Path away =
        Files.writeString(
            directory.resolve("away.yaml"),
            "pipeline: shop\nkafka: { bootstrap.servers: \"127.0.0.1:1\","
                + " default.api.timeout.ms: 1000, request.timeout.ms: 500 }\n");

    Invocation create = Invocation.of("topics", "create", "-c", away.toString());

    assertThat(create.exitCode()).isEqualTo(1);
    assertThat(create.err()).contains("Kafka does not answer");
  }

  private static void topics_are_made_and_what_differs_is_told() throws Exception {
    Invocation dry = run("topics", "create", "--dry-run");
    assertThat(dry.exitCode()).as(dry.err()).isZero();
    assertThat(dry.out().lines())
        .hasSize(TOPICS.size())
        .allMatch(it -> it.startsWith("would make"));
    assertThat(topics()).isEmpty();

    JsonNode made = json(run("topics", "create", "--json"));
    assertThat(made.findValuesAsText("topic")).isEqualTo(TOPICS);
    assertThat(made.findValuesAsText("state")).containsOnly("made");
    await().atMost(SOON).until(() -> topics().equals(new TreeSet<>(TOPICS)));

    assertThat(json(run("topics", "create", "--json")).findValuesAsText("state"))
        .containsOnly("as wanted");

    try (Admin admin = admin()) {
      admin
          .incrementalAlterConfigs(
              Map.of(
                  new ConfigResource(ConfigResource.Type.TOPIC, "shop.writes"),
                  List.of(
                      new AlterConfigOp(
                          new ConfigEntry("retention.ms", "5"), AlterConfigOp.OpType.SET))))
          .all()
          .get();
    }
    await().atMost(SOON).until(() -> config("shop.writes", "retention.ms").equals("5"));
    Invocation again = run("topics", "create");
    assertThat(again.exitCode()).isZero();
    assertThat(again.out())
        .containsPattern("differs +shop.writes +retention.ms 5, configured 604800000");
    assertThat(config("shop.writes", "retention.ms")).isEqualTo("5");
  }

  private static void what_is_in_use_is_not_torn_down() throws Exception {
    try (World world =
        new World(Configuration.load(config, EnumSet.of(Section.KAFKA)), EnumSet.of(Role.INGEST))) {
      world.start();
      await()
          .atMost(SOON)
          .until(
              () -> world.programs().stream().map(Program::readiness).allMatch(it -> it.ready()));

      Invocation busy = run("teardown", "--yes");

      assertThat(busy.exitCode()).isEqualTo(1);
      assertThat(busy.err()).contains("slot cachetide_shop is being read").contains("fix:");
      assertThat(slots()).isEqualTo("1");
    }
    await()
        .atMost(SOON)
        .until(() -> one("SELECT count(*) FROM pg_replication_slots WHERE active").equals("0"));
  }

  private static void nothing_is_dropped_unasked() throws Exception {
    Invocation dry = run("teardown", "--dry-run", "--topics", "--schema");
    assertThat(dry.exitCode()).as(dry.err()).isZero();
    assertThat(dry.out())
        .contains("would drop")
        .contains("replication slot cachetide_shop")
        .contains("publication cachetide_shop")
        .contains("schema cachetide")
        .contains("topic shop.writes");

    Invocation other = typing("store\n", "teardown");
    assertThat(other.exitCode()).isEqualTo(2);
    assertThat(other.err()).contains("nothing was dropped");
    assertThat(run("teardown", "--json").exitCode()).isEqualTo(2);

    execute("INSERT INTO cachetide.heartbeat VALUES ('store', 1, now())");
    Invocation shared = run("teardown", "--schema", "--yes");
    assertThat(shared.exitCode()).isEqualTo(1);
    assertThat(shared.err()).contains("other pipelines too: store");
    execute("DELETE FROM cachetide.heartbeat WHERE pipeline = 'store'");

    assertThat(slots()).isEqualTo("1");
    assertThat(topics()).containsAll(TOPICS);
  }

  private static void everything_goes() throws Exception {
    Invocation teardown = typing("shop\n", "teardown", "--topics", "--schema");

    assertThat(teardown.exitCode()).as(teardown.err()).isZero();
    assertThat(teardown.out()).contains("will drop").contains("dropped");
    assertThat(slots()).isEqualTo("0");
    assertThat(one("SELECT count(*) FROM pg_publication")).isEqualTo("0");
    assertThat(one("SELECT count(*) FROM pg_namespace WHERE nspname = 'cachetide'")).isEqualTo("0");
    await().atMost(SOON).until(() -> topics().isEmpty());

    JsonNode nothing = json(run("teardown", "--topics", "--schema", "--yes", "--json"));
    assertThat(nothing.get("dropped").asBoolean()).isFalse();
    assertThat(nothing.get("drops")).isEmpty();
  }

  private static Invocation typing(String line, String... arguments) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(line.getBytes(StandardCharsets.UTF_8)));
    try {
      return run(arguments);
    } finally {
      System.setIn(before);
    }
  }

  private static Invocation run(String... arguments) {
    String[] all = Arrays.copyOf(arguments, arguments.length + 2);
    all[arguments.length] = "-c";
    all[arguments.length + 1] = config.toString();
    return Invocation.of(all);
  }

  private static JsonNode json(Invocation invocation) throws Exception {
    assertThat(invocation.exitCode()).as(invocation.err()).isZero();
    return new ObjectMapper().readTree(invocation.out());
  }

  private static Set<String> topics() throws Exception {
    try (Admin admin = admin()) {
      return new TreeSet<>(admin.listTopics().names().get());
    }
  }

  private static String config(String topic, String name) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    try (Admin admin = admin()) {
      return admin.describeConfigs(List.of(resource)).all().get().get(resource).get(name).value();
    }
  }

  private static Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()));
  }

  private static String slots() throws Exception {
    return one("SELECT count(*) FROM pg_replication_slots");
  }

  private static String one(String sql) throws Exception {
    try (Connection connection = sandbox.postgres().connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  private static void execute(String sql) throws Exception {
    try (Connection connection = sandbox.postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
