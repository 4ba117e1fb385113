package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.WritePublisher;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.wire.TableName;
import dev.cachetide.wire.WriteCommand;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Dead letters and conflicts from the command line, on a running pipeline. */
@SuppressWarnings("NullAway.Init")
final class LettersIT {

  private static final Duration SOON = Duration.ofSeconds(40);
  private static final String CANARY = "s3cret-row-value";
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String PIPELINE =
      """
      rules:
        - name: products
          source: { table: products }
          evict: [ { key: "product:{id}" } ]
          fan_out:
            - key: "buyer:{user_id}"
              query: "SELECT user_id FROM orders WHERE product_id = ANY(:id)"
        - name: orders
          source: { table: orders }
          evict: [ { key: "buyer:{user_id}" } ]
      writes:
        - { table: products, key: [id] }
        - { table: accounts, key: [id], conflicts: optimistic, version: version }
      """;

  @TempDir private static Path directory;
  private static ShopServers servers;
  private static Path config;
  private static World world;
  private static WritePublisher publisher;
  private static RedisClient client;
  private static StatefulRedisConnection<String, String> redis;
  private static final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private final List<Invocation> silent = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    Logs.onlyWarnings();
    logged.start();
    ((Logger) LoggerFactory.getLogger("ROOT")).addAppender(logged);
    servers = ShopServers.start();
    servers.execute(
        "CREATE TYPE mood AS ENUM ('happy', 'sad')",
        "CREATE TABLE products (id int PRIMARY KEY, stock int DEFAULT 0, mood mood)",
        "CREATE TABLE accounts (id int PRIMARY KEY, n text, version int NOT NULL DEFAULT 1)",
        "CREATE TABLE orders (id int PRIMARY KEY, product_id int, user_id int)",
        "ALTER TABLE orders REPLICA IDENTITY FULL",
        "INSERT INTO orders VALUES (1, 100, 7)",
        "INSERT INTO accounts VALUES (1, 'x', 3)");
    config = servers.file(directory, PIPELINE);
    PipelineSettings settings = Configuration.load(config, EnumSet.allOf(Section.class));
    publisher =
        new WritePublisher(
            settings.names(),
            Map.of("bootstrap.servers", servers.sandbox().kafka().bootstrapServers()));
    client = RedisClient.create(servers.sandbox().redis().uri());
    redis = client.connect();
    world = new World(settings, EnumSet.allOf(Role.class));
    world.start();
    await().atMost(SOON).until(() -> ShopServers.ready(world));
  }

  @AfterAll
  static void stop() {
    publisher.close();
    redis.close();
    client.shutdown();
    world.close();
    servers.close();
    ((Logger) LoggerFactory.getLogger("ROOT")).detachAppender(logged);
  }

  @AfterEach
  void nobody_was_told_a_value() {
    assertThat(silent)
        .allSatisfy(each -> assertThat(each.out() + each.err()).doesNotContain(CANARY));
    assertThat(List.copyOf(logged.list))
        .allSatisfy(
            event ->
                assertThat(
                        event.getFormattedMessage()
                            + event.getKeyValuePairs()
                            + (event.getThrowableProxy() == null
                                ? ""
                                : event.getThrowableProxy().getMessage()))
                    .doesNotContain(CANARY));
  }

  @Test
  void a_write_whose_cause_is_repaired_takes_effect_once_however_often_it_is_replayed()
      throws Exception {
    publish(WriteCommand.delta("products", Map.of("id", 2), Map.of("stock", 4)));
    String id = parked("dead-letters", "--kind", "writes", "--reason", "ROW DOES NOT exist");

    Invocation list = run("dead-letters", "list", "--table", "public.products");
    assertThat(list.exitCode()).as(list.err()).isZero();
    assertThat(list.out()).contains("ID").contains(id).contains("public.products", "shop.writes/");
    Invocation show = run("dead-letters", "show", id);
    assertThat(show.out())
        .contains("row does not exist")
        .contains("operation", "delta")
        .containsPattern("key.id +number")
        .containsPattern("add.stock +number");

    servers.execute("INSERT INTO products VALUES (2, 0)");
    Invocation replay = run("dead-letters", "replay", id, "--json");
    assertThat(replay.exitCode()).as(replay.err()).isZero();
    assertThat(JSON.readTree(replay.out()).get("replayed").asInt()).isEqualTo(1);
    await()
        .atMost(SOON)
        .until(() -> servers.one("SELECT stock FROM products WHERE id = 2").equals("4"));

    Invocation again = run("dead-letters", "replay", id);
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err()).contains(id).contains("was replayed");
    // as after a crash between Kafka's answer and the commit of the mark
    servers.execute(
        "UPDATE cachetide.dead_letter SET state = 'parked' WHERE id = " + id.substring(1));
    assertThat(run("dead-letters", "replay", id).exitCode()).isZero();
    publish(WriteCommand.delta("products", Map.of("id", 2), Map.of("stock", 10)));
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(servers.one("SELECT stock FROM products WHERE id = 2")).isEqualTo("14"));
    assertThat(run("dead-letters", "list", "--state", "replayed").out()).contains(id);
  }

  @Test
  void a_value_that_postgres_quotes_is_shown_on_request_only_and_can_be_put_right()
      throws Exception {
    publish(WriteCommand.upsert("products", Map.of("id", 3), Map.of("mood", CANARY)));
    String id = parked("dead-letters", "--sqlstate", "22P02");
    assertThat(
            servers.one("SELECT reason FROM cachetide.dead_letter WHERE id = " + id.substring(1)))
        .contains(CANARY);

    assertThat(run("dead-letters", "list").out()).contains("invalid input value for enum mood");
    run("dead-letters", "list", "--json");
    run("dead-letters", "show", id, "--json");
    assertThat(run("dead-letters", "show", id).out()).containsPattern("set.mood +text");
    assertThat(Invocation.with(config, "dead-letters", "show", id, "--values").out())
        .contains(CANARY);

    Invocation misspelt = run("dead-letters", "replay", id, "--set", "moood=happy");
    assertThat(misspelt.exitCode()).isEqualTo(1);
    assertThat(misspelt.err()).contains("column 'moood' does not exist");
    Invocation replay = run("dead-letters", "replay", id, "--set", "mood=happy");
    assertThat(replay.exitCode()).as(replay.err()).isZero();
    await()
        .atMost(SOON)
        .until(() -> servers.one("SELECT mood FROM products WHERE id = 3").equals("happy"));
  }

  @Test
  void an_event_that_could_not_be_read_is_evicted_for_again() throws Exception {
    servers.execute("ALTER TABLE orders RENAME COLUMN user_id TO uid");
    servers.execute("INSERT INTO products VALUES (100, 1)");
    String id = parked("dead-letters", "--kind", "events", "--table", "products");
    assertThat(id).startsWith("e0-");
    Invocation show = run("dead-letters", "show", id);
    assertThat(show.out())
        .contains("fan_out", "shop.public.products", "public.products")
        .containsPattern("after.stock +number");

    servers.execute("ALTER TABLE orders RENAME COLUMN uid TO user_id");
    redis.sync().set("buyer:7", "old");
    redis.sync().set("product:100", "old");
    Invocation replay = run("dead-letters", "replay", id);
    assertThat(replay.exitCode()).as(replay.err()).isZero();
    assertThat(replay.out()).contains("shop.public.products, partition ");
    await().atMost(SOON).until(() -> redis.sync().exists("buyer:7", "product:100") == 0);

    Invocation again = run("dead-letters", "replay", id);
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err()).contains("was replayed");
    assertThat(letters("dead-letters", "--kind", "events")).isEmpty();
    assertThat(run("dead-letters", "list", "--state", "all").out()).contains(id);
  }

  @Test
  void a_conflict_wins_once_it_names_the_version_that_was_found() throws Exception {
    for (int i = 0; i < 3; i++) {
      publish(
          new WriteCommand.Update(
              TableName.parse("accounts"), Map.of("id", 1), Map.of("n", CANARY + i), null, 1));
    }
    await().atMost(SOON).until(() -> letters("conflicts", "--table", "accounts").size() == 3);
    String id = letters("conflicts").get(0);
    assertThat(run("dead-letters", "list", "--table", "accounts").out()).contains("nothing");
    assertThat(run("conflicts", "list").out()).contains("row has another version");
    assertThat(run("conflicts", "show", id).out()).doesNotContain("found ");
    assertThat(Invocation.with(config, "conflicts", "show", id, "--values").out())
        .containsPattern("found +3")
        .contains(CANARY);

    Invocation replay = run("conflicts", "replay", id, "--base", "3");
    assertThat(replay.exitCode()).as(replay.err()).isZero();
    await().atMost(SOON).until(() -> servers.one("SELECT version FROM accounts").equals("4"));

    assertThat(answered("n\n", "conflicts", "discard", "--all").exitCode()).isEqualTo(1);
    Invocation nobody = answered("", "conflicts", "discard", "--all");
    assertThat(nobody.exitCode()).isEqualTo(2);
    assertThat(nobody.err()).contains("2 are to be discarded", "--yes");
    assertThat(letters("conflicts")).hasSize(2);
    Invocation discard = run("conflicts", "discard", "--all", "--yes", "--json");
    assertThat(discard.exitCode()).as(discard.err()).isZero();
    assertThat(JSON.readTree(discard.out()).get("discarded").asInt()).isEqualTo(2);
    assertThat(letters("conflicts")).isEmpty();
    assertThat(letters("conflicts", "--state", "discarded")).hasSize(2);
  }

  @Test
  void every_mistake_is_told_at_once() {
    Invocation wrong =
        run("dead-letters", "replay", "c4", "17", "--since", "lately", "--set", "a=1");

    assertThat(wrong.exitCode()).isEqualTo(2);
    assertThat(wrong.err())
        .contains("c4: is no dead letter's id")
        .contains("17: is no dead letter's id")
        .contains("--since: lately")
        .contains("name one ID")
        .contains("5 problems");
    assertThat(run("conflicts", "show", "c999").exitCode()).isEqualTo(1);
    assertThat(run("dead-letters", "show", "e7-999").exitCode()).isEqualTo(1);
  }

  private static String parked(String group, String... filters) throws Exception {
    await().atMost(SOON).until(() -> !letters(group, filters).isEmpty());
    return letters(group, filters).get(0);
  }

  private static List<String> letters(String group, String... filters) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(group, "list", "--json"));
    arguments.addAll(List.of(filters));
    Invocation list = Invocation.with(config, arguments.toArray(String[]::new));
    assertThat(list.exitCode()).as(list.err()).isZero();
    List<String> ids = new ArrayList<>();
    for (JsonNode letter : JSON.readTree(list.out()).get("letters")) {
      ids.add(letter.get("id").asText());
    }
    return ids;
  }

  /** One run that must not tell a value. */
  private Invocation run(String... arguments) {
    Invocation invocation = Invocation.with(config, arguments);
    silent.add(invocation);
    return invocation;
  }

  private Invocation answered(String answer, String... arguments) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(answer.getBytes(StandardCharsets.UTF_8)));
    try {
      return run(arguments);
    } finally {
      System.setIn(before);
    }
  }

  private static void publish(WriteCommand command) {
    publisher.publish(command).join();
  }
}
