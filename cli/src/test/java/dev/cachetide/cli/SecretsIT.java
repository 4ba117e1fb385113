package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.sandbox.Sandbox;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * A configuration full of secrets goes through every command that reads it, where all is well,
 * where each server refuses them and where the file is wrong; none is printed or logged.
 */
@SuppressWarnings("NullAway.Init")
final class SecretsIT {

  private static final String CANARY = "s3cret-canary-";
  private static final List<List<String>> COMMANDS =
      List.of(
          List.of("print-config"),
          List.of("print-config", "--json"),
          List.of("validate"),
          List.of("validate", "--json"),
          List.of("doctor"),
          List.of("doctor", "--json"),
          List.of("status"),
          List.of("status", "--json"),
          List.of("topics", "create", "--dry-run"),
          List.of("teardown", "--dry-run", "--topics"),
          List.of("explain", "--table", "users", "--after", "{\"id\": 1}"),
          List.of("evict", "key", "user:1", "--timeout", "1"));

  /** By whom each is to be read. */
  private static final Map<String, String> UNREADABLE =
      Map.of(
          CANARY + "text",
          "shop.public.users",
          event("\"" + CANARY + "op\"", "{}"),
          "shop.public.users",
          event("\"c\"", "\"" + CANARY + "row\""),
          "shop.public.users",
          event("\"c\"", "{\"id\":\"" + CANARY + "id\"}"),
          "shop.public.users",
          "{\"type\":\"" + CANARY + "type\"}",
          "shop.invalidations",
          "{\"type\":\"key\",\"key\":[\"" + CANARY + "key\"]}",
          "shop.invalidations");

  private static final String FAN_OUT =
      """
          fan_out: [ { key: "order:{id}", through: orders } ]
        - name: orders
          source: { table: orders }
          evict: [ { key: "order:{id}" } ]
      http: { port: 0 }
      """;

  @TempDir private static Path directory;
  private static Sandbox sandbox;
  private static Path secrets;

  @BeforeAll
  static void start() throws Exception {
    sandbox =
        Sandbox.builder()
            .redis(server -> server.user("worker", CANARY + "redis", "~*", "&*", "+@all"))
            .start();
    try (Connection connection = sandbox.postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE users (id int PRIMARY KEY)");
      statement.execute("CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users)");
    }
    secrets =
        Files.writeString(
            directory.resolve("secrets.properties"), "postgres=" + CANARY + "postgres\n");
  }

  @AfterAll
  static void stop() {
    sandbox.close();
  }

  @Test
  void no_secret_is_shown_where_all_is_well() throws Exception {
    String redis = sandbox.redis().uri("worker");
    assertThat(redis).contains(CANARY);

    String shown = run(configuration("good.yaml", "postgres", redis, ""));

    assertThat(shown).contains("pipeline: \"shop\"").contains("redis://***@127.0.0.1");
    assertThat(shown).contains("${file:" + secrets + ":postgres}");
    assertThat(shown).as("and the log was looked at").contains("cachetide-evict");
  }

  @Test
  void no_secret_is_shown_where_a_server_refuses_it() throws Exception {
    String redis = "redis://worker:" + CANARY + "wrong@127.0.0.1:" + sandbox.redis().port();

    String shown =
        run(
            configuration("refused.yaml", CANARY + "nobody", redis, "")
                .replace("\"s3cret-canary-nobody\"", "\"nobody\""));

    assertThat(shown).contains("Redis does not answer").contains("WRONGPASS");
    assertThat(shown).contains("Postgres does not answer");
  }

  @Test
  void no_secret_is_shown_where_the_file_is_wrong() throws Exception {
    String shown =
        run(
            configuration(
                "wrong.yaml",
                "postgres",
                "redis:/worker:" + CANARY + "x@127.0.0.1:1",
                "nonsense: 1\n"));

    assertThat(shown).contains("redis.url").contains("nonsense");
  }

  /**
   * An event may hold anything, and most that is said of it is said because it could not be read.
   */
  @Test
  void no_row_value_is_shown_of_events_and_requests_that_cannot_be_read() throws Exception {
    String text = configuration("rows.yaml", "postgres", sandbox.redis().uri("worker"), FAN_OUT);
    Path file = Files.writeString(directory.resolve("rows.yaml"), text);
    Invocation.of("topics", "create", "-c", file.toString());
    PipelineSettings settings = Configuration.load(file, EnumSet.allOf(Section.class));
    String shown =
        watched(
            () -> {
              try (World world = new World(settings, EnumSet.of(Role.INVALIDATE))) {
                world.start();
                publish(settings);
                String all = letters(file, UNREADABLE.size());
                assertThat(page(world.httpPort())).doesNotContain(CANARY);
                return all;
              }
            });

    assertThat(shown)
        .contains("no JSON, from byte", "an unknown operation", "a row image that is no object")
        .contains("Postgres refused with SQLState 22P02", "no request: ");
    assertThat(
            Invocation.of("dead-letters", "show", "e0-0", "--values", "-c", file.toString()).out())
        .as("and they are there")
        .contains(CANARY);
  }

  /** What the commands say of letters, once so many are there. */
  private static String letters(Path file, int count) throws Exception {
    JsonNode list =
        await()
            .atMost(Duration.ofSeconds(60))
            .until(
                () ->
                    new ObjectMapper()
                        .readTree(succeeds(file, "dead-letters", "list", "--json"))
                        .get("letters"),
                letters -> letters.size() == count);
    StringBuilder shown = new StringBuilder(list.toString());
    shown.append(succeeds(file, "dead-letters", "list"));
    for (JsonNode letter : list) {
      shown.append(succeeds(file, "dead-letters", "show", letter.get("id").asText()));
      shown.append(succeeds(file, "dead-letters", "show", letter.get("id").asText(), "--json"));
    }
    assertThat(shown.toString()).doesNotContain(CANARY);
    return shown.toString();
  }

  private static String succeeds(Path file, String... words) {
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("-c", file.toString()));
    Invocation invocation = Invocation.of(all.toArray(String[]::new));
    assertThat(invocation.exitCode()).as("%s: %s", all, invocation).isZero();
    return invocation.out();
  }

  private static void publish(PipelineSettings settings) {
    Map<String, Object> properties =
        new KafkaClients(Objects.requireNonNull(settings.kafka()))
            .producer("test", Duration.ZERO, Duration.ofSeconds(30));
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(properties)) {
      UNREADABLE.forEach(
          (value, topic) -> {
            byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
            assertThat(producer.send(new ProducerRecord<>(topic, bytes, bytes)))
                .succeedsWithin(Duration.ofSeconds(30));
          });
    }
  }

  private static String page(int port) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /** What all commands together write, to whatever they write to. */
  private static String run(String configuration) throws Exception {
    Path file = Files.writeString(directory.resolve("shop.yaml"), configuration);
    return watched(
        () -> {
          StringBuilder shown = new StringBuilder();
          for (List<String> command : COMMANDS) {
            List<String> words = new ArrayList<>(command);
            words.addAll(List.of("-c", file.toString()));
            Invocation invocation = Invocation.of(words.toArray(String[]::new));
            assertThat(invocation.out() + invocation.err())
                .as("%s", command)
                .isNotEmpty()
                .doesNotContain(CANARY);
            shown.append(invocation.out()).append(invocation.err());
          }
          return shown.toString();
        });
  }

  /** What was said and logged meanwhile. */
  private static String watched(Callable<String> act) throws Exception {
    StringBuilder shown = new StringBuilder();
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    PrintStream out = System.out;
    PrintStream err = System.err;
    // Kafka's clients are the ones that tell the most.
    Logger kafka = (Logger) LoggerFactory.getLogger("org.apache.kafka.clients");
    @Nullable Level before = kafka.getLevel();
    ByteArrayOutputStream streams = new ByteArrayOutputStream();
    try (PrintStream both = new PrintStream(streams, true, StandardCharsets.UTF_8)) {
      System.setOut(both);
      System.setErr(both);
      kafka.setLevel(Level.DEBUG);
      log.start();
      root.addAppender(log);
      shown.append(act.call());
    } finally {
      System.setOut(out);
      System.setErr(err);
      root.detachAppender(log);
      kafka.setLevel(before);
    }
    assertThat(streams.toString(StandardCharsets.UTF_8)).as("streams").doesNotContain(CANARY);
    String logged = log.list.stream().map(SecretsIT::whole).collect(Collectors.joining("\n"));
    assertThat(logged).as("log").doesNotContain(CANARY);
    shown.append(logged);
    return shown.toString();
  }

  private static String event(String operation, String after) {
    return "{\"op\":%s,\"before\":null,\"after\":%s,\"source\":{\"schema\":\"public\",\"table\":\"users\",\"txId\":1,\"lsn\":1},\"ts_ms\":1}"
        .formatted(operation, after);
  }

  private static String whole(ILoggingEvent event) {
    StringBuilder text = new StringBuilder(event.getFormattedMessage());
    text.append(event.getKeyValuePairs());
    for (var cause = event.getThrowableProxy(); cause != null; cause = cause.getCause()) {
      text.append(' ').append(cause.getMessage());
    }
    return text.toString();
  }

  private static String configuration(String name, String user, String redis, String more) {
    assertThat(name).endsWith(".yaml");
    return """
    pipeline: shop
    postgres:
      url: "%s"
      user: "%s"
      password: "${file:%s:postgres}"
      properties: { sslpassword: "s3cret-canary-key" }
    kafka:
      bootstrap.servers: "%s"
      default.api.timeout.ms: 4000
      request.timeout.ms: 2000
      ssl.key.password: "s3cret-canary-ssl"
      ssl.keystore.password: "s3cret-canary-store"
      ssl.keystore.key: "s3cret-canary-pem"
      sasl.jaas.config: "org.apache.kafka.common.security.plain.PlainLoginModule required username='a' password='s3cret-canary-jaas';"
      sasl.oauthbearer.client.credentials.client.secret: "s3cret-canary-oauth"
      producer: { sasl.login.connect.token: "s3cret-canary-token" }
    redis: { url: "%s" }
    ingest: { debezium: { database.ssl.passphrase: "s3cret-canary-phrase" } }
    rules:
      - name: users
        source: { table: users }
        evict: [ { key: "user:{id}" } ]
    %s\
    """
        .formatted(
            sandbox.postgres().jdbcUrl(),
            user,
            secrets,
            sandbox.kafka().bootstrapServers(),
            redis,
            more);
  }
}
