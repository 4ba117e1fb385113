package dev.cachetide.runtime.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a file must not do to the program by way of its clients, and what it may. */
final class SecurityMistakesTest {

  private static final String MODULES = "org.apache.kafka.common.security.";

  @TempDir private Path directory = Path.of(".");

  private static Arguments kafka(String entry, String path, String message) {
    return Arguments.of(
        "kafka: { bootstrap.servers: \"b:1\", " + entry + " }", "kafka." + path, message);
  }

  private static Arguments postgres(String properties, String key, String message) {
    return Arguments.of(
        "postgres: { url: \"jdbc:postgresql://db/shop\", user: u, properties: { "
            + properties
            + " } }",
        "postgres.properties." + key,
        message);
  }

  private static Arguments address(String parameters, String message) {
    return Arguments.of(
        "postgres: { url: \"jdbc:postgresql://db/shop?" + parameters + "\", user: u }",
        "postgres.url",
        message);
  }

  private static Arguments debezium(String key, String message) {
    return Arguments.of(
        "ingest: { debezium: { " + key + ": x } }", "ingest.debezium.\"" + key + "\"", message);
  }

  static Stream<Arguments> ofKafka() {
    return Stream.of(
        kafka(
            "ssl.endpoint.identification.algorithm: \"\"",
            "\"ssl.endpoint.identification.algorithm\"",
            "turns off the check that the broker is the host"),
        kafka(
            "consumer: { ssl.endpoint.identification.algorithm: \" \" }",
            "consumer.\"ssl.endpoint.identification.algorithm\"",
            "turns off the check that the broker is the host"),
        kafka("security.providers: a.B", "\"security.providers\"", "run the classes"),
        kafka("ssl.engine.factory.class: a.B", "\"ssl.engine.factory.class\"", "run the classes"),
        kafka("config.providers: file", "\"config.providers\"", "secrets come by ${env:…}"),
        kafka(
            "producer: { interceptor.classes: a.B }",
            "producer.\"interceptor.classes\"",
            "run the classes"),
        kafka("metric.reporters: a.B", "\"metric.reporters\"", "run the classes"),
        kafka("sasl.kerberos.kinit.cmd: sh", "\"sasl.kerberos.kinit.cmd\"", "run the command"),
        kafka(
            "sasl.oauthbearer.token.endpoint.url: \"file:///etc/shadow\"",
            "\"sasl.oauthbearer.token.endpoint.url\"",
            "is no https:// address"),
        kafka(
            "sasl.oauthbearer.jwks.endpoint.url: \"http://idp/keys\"",
            "\"sasl.oauthbearer.jwks.endpoint.url\"",
            "is no https:// address"));
  }

  /** CVE-2023-25194, and the ways to hide a module from a parser that is not Kafka's own. */
  static Stream<Arguments> ofLoginModules() {
    String jndi = "com.sun.security.auth.module.JndiLoginModule required";
    return Stream.of(
            jndi + " user.provider.url='ldap://x';",
            "a.Module required;",
            MODULES + "plain.PlainLoginModule required; " + jndi + ";",
            "/* \\\" */ a.Module required /* \\\" */;",
            "nonsense")
        .map(
            jaas ->
                kafka(
                    "sasl.jaas.config: \"" + jaas + "\"", "\"sasl.jaas.config\"", "login module"));
  }

  static Stream<Arguments> ofPostgres() {
    return Stream.of(
        postgres("sslrootcert: /ca, sslmode: require", "sslrootcert", "with sslmode require"),
        postgres("sslrootcert: /ca, sslmode: prefer", "sslrootcert", "with sslmode prefer"),
        postgres("sslrootcert: /ca, sslmode: allow", "sslrootcert", "with sslmode allow"),
        postgres("sslrootcert: /ca, sslmode: disable", "sslrootcert", "with sslmode disable"),
        postgres("sslrootcert: /ca", "sslrootcert", "with sslmode prefer"),
        postgres(
            "sslfactory: org.postgresql.ssl.NonValidatingFactory",
            "sslfactory",
            "decides whether it is checked"),
        postgres("socketFactory: a.B", "socketFactory", "run the class"),
        postgres("sslhostnameverifier: a.B", "sslhostnameverifier", "who the server is"),
        postgres("sslpasswordcallback: a.B", "sslpasswordcallback", "run the class"),
        postgres(
            "authenticationPluginClassName: a.B", "authenticationPluginClassName", "run the class"),
        postgres("loggerFile: /tmp/x", "loggerFile", "write a file"),
        address("socketFactory=a.B", "run the class"),
        address("sslrootcert=/ca&sslmode=require", "with sslmode require"),
        address("socket%46actory=a.B", "run the class"),
        debezium("driver.sslfactory", "it comes from postgres.properties"),
        debezium("database.sslmode", "it comes from postgres.properties"),
        debezium("post.processors", "the workers read values in this form"));
  }

  static Stream<Arguments> ofRedis() {
    return Stream.of("NONE", "none", "false")
        .map(
            off ->
                Arguments.of(
                    "redis: { url: \"rediss://cache?verifyPeer=" + off + "\" }",
                    "redis.url",
                    "turns off the check of Redis's certificate"));
  }

  @ParameterizedTest
  @MethodSource({"ofKafka", "ofLoginModules", "ofPostgres", "ofRedis"})
  void what_runs_code_or_checks_nothing_is_refused_by_name(
      String yaml, String path, String message) {
    assertThat(new ConfigFile(directory, "pipeline: shop\n" + yaml).problems(Map.of()))
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.path()).isEqualTo(path);
              assertThat(problem.message()).contains(message);
              assertThat(problem.fix()).isNotBlank();
            });
  }

  @Test
  void a_password_in_a_refused_login_is_not_shown() {
    String yaml =
        "pipeline: shop\nkafka: { bootstrap.servers: \"b:1\", sasl.jaas.config: \"a.B required"
            + " password='s3cret';\" }";
    List<Problem> problems = new ConfigFile(directory, yaml).problems(Map.of());
    assertThat(problems.toString()).doesNotContain("s3cret");
  }

  static Stream<String> legitimate() {
    String postgres =
        "postgres: { url: \"jdbc:postgresql://db/shop%s\", user: u, properties: { %s } }";
    String kafka = "kafka: { bootstrap.servers: \"b:1\", %s }";
    return Stream.of(
        kafka.formatted("ssl.endpoint.identification.algorithm: https"),
        kafka.formatted("ssl.truststore.type: PEM, ssl.truststore.location: /ca"),
        kafka.formatted("sasl.oauthbearer.token.endpoint.url: \"https://idp/token\""),
        kafka.formatted("sasl.client.callback.handler.class: a.B"),
        kafka.formatted(
            "sasl.jaas.config: \""
                + MODULES
                + "scram.ScramLoginModule required username='a' password='b;c';\""),
        kafka.formatted("sasl.jaas.config: \"" + MODULES + "plain.PlainLoginModule required;\""),
        postgres.formatted("", "sslmode: verify-full, sslrootcert: /ca"),
        postgres.formatted("", "sslmode: verify-ca, sslrootcert: /ca"),
        postgres.formatted("", "ssl: true, sslrootcert: /ca"),
        postgres.formatted("?sslmode=verify-full", "sslrootcert: /ca"),
        postgres.formatted("", "sslmode: require"),
        postgres.formatted("", "sslfactory: org.postgresql.ssl.DefaultJavaSSLFactory"),
        "redis: { url: \"rediss://cache?verifyPeer=CA\", trustedCertificates: /ca }",
        "redis: { url: \"rediss://cache\" }");
  }

  @ParameterizedTest
  @MethodSource("legitimate")
  void what_is_needed_is_allowed(String yaml) {
    assertThat(new ConfigFile(directory, "pipeline: shop\n" + yaml).settings(Map.of())).isNotNull();
  }
}
