package dev.cachetide.sandbox;

import java.io.IOException;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** The servers in containers of their public images, see {@link ServerMode}. */
public final class Containers {
  private static final String POSTGRES_IMAGE = "postgres:18";
  private static final String KAFKA_IMAGE = "apache/kafka:4.3.1";
  private static final String REDIS_IMAGE = "redis:7";

  /** The image admits everybody, but for physical replication only from inside. */
  private static final String ADMIT_STANDBYS =
      "echo 'host replication all all trust' >>\"$PGDATA/pg_hba.conf\"\n";

  private static final int POSTGRES_PORT = 5432;
  private static final int KAFKA_PORT = 9092;
  private static final int REDIS_PORT = 6379;
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);

  private Containers() {}

  /** Whether there is an engine to run them. */
  public static boolean possible() {
    return DockerClientFactory.instance().isDockerAvailable();
  }

  static Host postgres(int port, Map<String, String> settings) {
    List<String> command = new ArrayList<>(List.of("postgres"));
    PostgresCluster.overDefaults(settings)
        .forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
    GenericContainer<?> container =
        new PostgreSQLContainer(POSTGRES_IMAGE)
            .withDatabaseName("postgres")
            .withUsername(PostgresCluster.SUPERUSER)
            .withPassword("postgres")
            .withEnv("POSTGRES_HOST_AUTH_METHOD", "trust")
            .withCopyToContainer(
                Transferable.of(ADMIT_STANDBYS), "/docker-entrypoint-initdb.d/standbys.sh")
            .withCommand(command.toArray(String[]::new));
    return new ContainerHost(
        "postgres", container, POSTGRES_PORT, port, () -> postgresAnswers(port));
  }

  private static boolean postgresAnswers(int port) {
    String url = "jdbc:postgresql://127.0.0.1:" + port + "/postgres?connectTimeout=2";
    try (var connection = DriverManager.getConnection(url, PostgresCluster.SUPERUSER, "")) {
      return connection.isValid((int) ANSWER_LIMIT.toSeconds());
    } catch (SQLException e) {
      // Not listening or still recovering: asked again until the limit.
      return false;
    }
  }

  static Host kafka(int port) {
    GenericContainer<?> container =
        new KafkaContainer(KAFKA_IMAGE)
            .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
            .withEnv("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0")
            .withEnv("KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS", "1000");
    return new ContainerHost("kafka", container, KAFKA_PORT, port, () -> kafkaAnswers(port));
  }

  private static boolean kafkaAnswers(int port) {
    Map<String, Object> where =
        Map.of(
            "bootstrap.servers",
            "127.0.0.1:" + port,
            "default.api.timeout.ms",
            2_000,
            "request.timeout.ms",
            2_000);
    try (Admin admin = Admin.create(where)) {
      return !admin.describeCluster().nodes().get(2, TimeUnit.SECONDS).isEmpty();
    } catch (ExecutionException | TimeoutException e) {
      // Not listening yet: asked again until the limit.
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted", e);
    }
  }

  static Host redis(int port) {
    GenericContainer<?> container =
        new GenericContainer<>(REDIS_IMAGE)
            .withExposedPorts(REDIS_PORT)
            .withCommand("redis-server", "--save", "", "--appendonly", "no");
    return new ContainerHost("redis", container, REDIS_PORT, port, () -> redisAnswers(port));
  }

  private static boolean redisAnswers(int port) {
    try (RedisConnection connection = RedisConnection.open(port, ANSWER_LIMIT)) {
      return connection.ask("PING").contains("PONG");
    } catch (IOException e) {
      // Not listening yet: asked again until the limit.
      return false;
    }
  }
}
