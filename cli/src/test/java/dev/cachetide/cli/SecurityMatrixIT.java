package dev.cachetide.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.wire.WriteCommandCodec;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The configurations of docs/security.md on servers that demand what it says: each connects and
 * does its work, and with one thing wrong it is refused with the setting's name and no secret.
 */
@SuppressWarnings("NullAway.Init")
final class SecurityMatrixIT {

  /** For clients that only learn that the connection was closed. */
  private static final String TIMEOUTS =
      "kafka:\n  default.api.timeout.ms: 4000\n  request.timeout.ms: 2000\n";

  @TempDir private static Path directory;
  private static SecuredServers servers;

  @BeforeAll
  static void start() throws Exception {
    Logs.onlyErrors();
    servers = new SecuredServers(directory);
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  @Test
  void a_login_over_tls_everywhere_connects_and_the_pipeline_works() throws Exception {
    works(servers.scramYaml(), 1);
  }

  @Test
  void certificates_on_both_sides_of_kafka_connect_and_the_pipeline_works() throws Exception {
    works(servers.mutualYaml(), 2);
  }

  @Test
  void a_certificate_for_another_host_is_refused() throws Exception {
    refused(
        servers.scramYaml().replace("localhost", "127.0.0.1"),
        "name one of those in postgres.url",
        "name one of those in kafka.\"bootstrap.servers\"",
        "name one of those in redis.url");
  }

  @Test
  void a_certificate_that_is_out_of_date_is_refused() throws Exception {
    refused(
        onPorts(
            servers.scramYaml(),
            servers.expiredPostgres.port(),
            servers.expiredBroker.port(),
            servers.expiredRedis.tlsPort()),
        "the server at postgres.url has a certificate that is out of date",
        "the broker at kafka.\"bootstrap.servers\" has a certificate that is out of date",
        "the server at redis.url has a certificate that is out of date");
  }

  @Test
  void a_certificate_of_an_authority_that_is_not_trusted_is_refused() throws Exception {
    refused(
        servers.scramYaml().replace("ca.crt", "theirs.crt"),
        "no authority in postgres.properties.sslrootcert",
        "no authority in kafka.\"ssl.truststore.location\"",
        "no authority in redis.trustedCertificates");
  }

  @Test
  void a_client_that_asks_for_no_tls_is_told_to() throws Exception {
    refused(
        inClear(),
        "postgres.properties.sslmode: verify-full",
        "the broker speaks TLS, and kafka.\"security.protocol\" asks for none",
        "write rediss:// in redis.url");
  }

  @Test
  void a_client_that_demands_tls_says_nothing_in_clear() throws Exception {
    refused(
        onPorts(
            servers.scramYaml().replace("kafka:\n", TIMEOUTS),
            servers.plainPostgres.port(),
            servers.good.kafka().port(),
            servers.good.redis().port()),
        "postgres.properties.sslmode demands it: nothing is sent in clear",
        "kafka.\"security.protocol\" demands it: nothing is sent in clear",
        "rediss:// in redis.url demands it: nothing is sent in clear");
  }

  @Test
  void a_wrong_password_is_refused() throws Exception {
    refused(
        SecuredServers.with(
            servers.scramYaml(), "run/cachetide.properties", "run/wrong.properties"),
        "correct postgres.user and postgres.password",
        "correct user and password in kafka.\"sasl.jaas.config\"",
        "correct user and password in redis.url");
  }

  @Test
  void a_kafka_that_wants_a_certificate_says_so() throws Exception {
    String yaml = servers.mutualYaml().replaceAll(" +ssl.keystore.*\n", "");
    Map<String, String> fixes = doctor(yaml);
    assertThat(fixes.get("Kafka")).contains("kafka.\"ssl.keystore.location\"");
    assertThat(fixes).as("the others are well").containsOnlyKeys("Kafka");
  }

  @Test
  void a_worker_that_waits_says_why_in_its_readiness() throws Exception {
    String good = servers.scramYaml();
    String theirs = good.replace("ca.crt", "theirs.crt");
    waits(Role.INGEST, theirs, "no authority in postgres.properties.sslrootcert");
    waits(Role.WRITE_BEHIND, theirs, "no authority in kafka.\"ssl.truststore.location\"");
    waits(
        Role.INVALIDATE,
        SecuredServers.with(good, "rediss://", "redis://"),
        "write rediss:// in redis.url");
  }

  private static String inClear() throws Exception {
    return SecuredServers.with(
            servers.scramYaml(),
            "sslmode: verify-full",
            "sslmode: disable",
            "security.protocol: SASL_SSL",
            "security.protocol: PLAINTEXT",
            "rediss://",
            "redis://")
        .replaceAll(" +sslrootcert.*\n", "")
        .replace("kafka:\n", TIMEOUTS);
  }

  private static String onPorts(String yaml, int postgres, int kafka, int redis) {
    return SecuredServers.with(
        yaml,
        ":" + servers.good.postgres().port(),
        ":" + postgres,
        servers.scram.bootstrapServers(),
        "localhost:" + kafka,
        ":" + servers.good.redis().tlsPort(),
        ":" + redis);
  }

  private static void works(String yaml, int id) throws Exception {
    Path file = write(yaml);
    PipelineSettings settings = Configuration.load(file, EnumSet.allOf(Section.class));
    try (World world = new World(settings, EnumSet.allOf(Role.class));
        RedisClient client = RedisClient.create(servers.good.redis().uri("cachetide"));
        StatefulRedisConnection<String, String> redis = client.connect()) {
      world.start();
      for (Program each : world.programs()) {
        soon()
            .untilAsserted(
                () ->
                    assertThat(each.readiness().ready())
                        .as(each.name() + ": " + each.readiness().reason())
                        .isTrue());
      }
      redis.sync().set("user:" + id, "old");
      query("UPDATE users SET email = 'new' WHERE id = " + id + " RETURNING email");
      soon().until(() -> redis.sync().get("user:" + id) == null);
      publish(settings, id);
      soon()
          .until(
              () -> query("SELECT email FROM users WHERE id = " + id).equals("written by " + id));
      soon()
          .untilAsserted(
              () -> assertThat(redis.sync().get("user:mirror:" + id)).contains("written by " + id));
    }
    assertThat(doctor(yaml)).as("the doctor has nothing against it").isEmpty();
  }

  private static void publish(PipelineSettings settings, int id) throws Exception {
    byte[] value =
        "{\"v\":1,\"op\":\"update\",\"table\":\"public.users\",\"key\":{\"id\":%d},\"set\":{\"email\":\"written by %d\"}}"
            .formatted(id, id)
            .getBytes(UTF_8);
    byte[] key = WriteCommandCodec.recordKey(WriteCommandCodec.decode(value));
    Map<String, Object> properties =
        new KafkaClients(Objects.requireNonNull(settings.kafka()))
            .producer("application", Duration.ZERO, Duration.ofSeconds(30));
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(properties)) {
      producer.send(new ProducerRecord<>("shop.writes", key, value)).get();
    }
  }

  private static void refused(String yaml, String postgres, String kafka, String redis)
      throws Exception {
    Map<String, String> fixes = doctor(yaml);
    assertThat(fixes.get("Postgres")).contains(postgres);
    assertThat(fixes.get("Kafka")).contains(kafka);
    assertThat(fixes.get("Redis")).contains(redis);
  }

  /** By server, what the doctor says is to be done about what is wrong; its exit code agrees. */
  private static Map<String, String> doctor(String yaml) throws Exception {
    Invocation doctor = Invocation.with(write(yaml), "doctor", "--json");
    assertThat(doctor.out() + doctor.err()).doesNotContain(SecuredServers.SECRET);
    Map<String, String> fixes = new TreeMap<>();
    for (JsonNode each : new ObjectMapper().readTree(doctor.out()).get("findings")) {
      if (each.get("severity").asText().equals("fail")) {
        fixes.merge(
            each.get("section").asText(), each.get("fix").asText(), (one, two) -> one + two);
      }
    }
    assertThat(doctor.exitCode()).as(doctor.out()).isEqualTo(fixes.isEmpty() ? 0 : 1);
    return fixes;
  }

  private static void waits(Role role, String yaml, String advice) throws Exception {
    PipelineSettings settings = Configuration.load(write(yaml), EnumSet.allOf(Section.class));
    try (World world = new World(settings, Set.of(role))) {
      world.start();
      Program program = world.programs().get(0);
      soon().untilAsserted(() -> assertThat(program.readiness().reason()).contains(advice));
      assertThat(program.readiness().ready()).isFalse();
    }
  }

  private static Path write(String yaml) throws Exception {
    return Files.writeString(Files.createTempFile(directory, "shop", ".yaml"), yaml);
  }

  private static String query(String sql) throws Exception {
    try (Connection connection = servers.good.postgres().connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      assertThat(rows.next()).isTrue();
      return rows.getString(1);
    }
  }

  private static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(100));
  }
}
