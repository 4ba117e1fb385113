package dev.cachetide.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers that demand TLS and a proof of who asks. */
final class SecuredServersIT {

  @TempDir private Path folder;

  @Test
  void postgres_lets_nobody_but_the_superuser_in_without_tls_and_password() throws Exception {
    Certificates certificates = Certificates.in(folder);
    try (SandboxPostgres postgres =
        SandboxPostgres.builder().tls(certificates.server("db", "127.0.0.1")).start()) {
      try (Connection connection = postgres.connect();
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE ROLE app LOGIN PASSWORD 'right'");
      }
      Properties properties = new Properties();
      properties.put("user", "app");
      properties.put("password", "right");
      properties.put("sslmode", "verify-full");
      properties.put("sslrootcert", certificates.authority().toString());
      DriverManager.getConnection(postgres.jdbcUrl(), properties).close();

      properties.put("password", "wrong");
      assertThatThrownBy(() -> DriverManager.getConnection(postgres.jdbcUrl(), properties).close())
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
      properties.put("sslmode", "disable");
      assertThatThrownBy(() -> DriverManager.getConnection(postgres.jdbcUrl(), properties).close())
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28000"));
    }
  }

  @Test
  void kafka_lets_nobody_in_without_a_certificate_or_a_password() throws Exception {
    Certificates certificates = Certificates.in(folder);
    Certificates.Issued broker = certificates.server("broker", "localhost");
    KafkaListener scram = KafkaListener.scram("SCRAM", broker, "app", "right");
    KafkaListener mutual = KafkaListener.mutualTls("MUTUAL", broker, certificates.authority());
    try (SandboxKafka kafka = SandboxKafka.builder().listener(scram).listener(mutual).start()) {
      Map<String, Object> trusting =
          Map.of(
              "ssl.truststore.type",
              "PEM",
              "ssl.truststore.location",
              certificates.authority().toString());
      ask(
          trusting,
          Map.of(
              "bootstrap.servers",
              scram.bootstrapServers(),
              "security.protocol",
              "SASL_SSL",
              "sasl.mechanism",
              "SCRAM-SHA-512",
              "sasl.jaas.config",
              "org.apache.kafka.common.security.scram.ScramLoginModule required"
                  + " username=\"app\" password=\"right\";"));
      Map<String, Object> nobody =
          Map.of("bootstrap.servers", mutual.bootstrapServers(), "security.protocol", "SSL");
      assertThatThrownBy(() -> ask(trusting, nobody))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(SslAuthenticationException.class);
      Certificates.Issued app = certificates.client("app");
      ask(
          trusting,
          Map.of(
              "bootstrap.servers",
              mutual.bootstrapServers(),
              "security.protocol",
              "SSL",
              "ssl.keystore.type",
              "PEM",
              "ssl.keystore.location",
              app.both().toString()));
      assertThat(kafka.running()).isTrue();
    }
  }

  private static void ask(Map<String, Object> some, Map<String, Object> more) throws Exception {
    Properties all = new Properties();
    all.putAll(some);
    all.putAll(more);
    try (Admin admin = Admin.create(all)) {
      admin.describeCluster().nodes().get(20, TimeUnit.SECONDS);
    }
  }
}
