package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.cachetide.sandbox.Sandbox;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
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

  /** What all commands together write, to whatever they write to. */
  private static String run(String configuration) throws Exception {
    Path file = Files.writeString(directory.resolve("shop.yaml"), configuration);
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
