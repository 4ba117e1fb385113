package dev.cachetide.runtime.settings;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.security.JaasContext;

/**
 * What whoever may edit the file must not do to the program by way of its clients: have it run code
 * or commands of their choice, or talk to servers that nobody has checked. Pure.
 */
final class DangerousKeys {

  /** How a client proves who it is; any other module is code, such as the one that asks JNDI. */
  private static final Set<String> LOGIN_MODULES =
      Set.of(
          "org.apache.kafka.common.security.plain.PlainLoginModule",
          "org.apache.kafka.common.security.scram.ScramLoginModule",
          "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule",
          "com.sun.security.auth.module.Krb5LoginModule",
          "software.amazon.msk.auth.iam.IAMLoginModule");

  private static final Set<String> SOCKET_FACTORIES =
      Set.of(
          "org.postgresql.ssl.LibPQFactory",
          "org.postgresql.ssl.DefaultJavaSSLFactory",
          "org.postgresql.ssl.jdbc4.LibPQFactory");

  private static final Set<String> CHECKING = Set.of("verify-full", "verify-ca");
  private static final String HOST_CHECK = "ssl.endpoint.identification.algorithm";
  private static final String SSLMODE = "sslmode";
  private static final String ROOT = "sslrootcert";
  private static final Map<String, String> KAFKA = kafka();
  private static final Map<String, String> POSTGRES = postgres();

  private DangerousKeys() {}

  /** What is wrong with a key of {@code kafka}, {@code kafka.producer}, {@code kafka.consumer}. */
  static Optional<Danger> kafka(String key, String value) {
    if (KAFKA.containsKey(key)) {
      return Optional.of(new Danger("'" + key + "' is refused: " + KAFKA.get(key), "remove it"));
    }
    if (key.equals(HOST_CHECK) && !value.equalsIgnoreCase("https")) {
      return Optional.of(
          new Danger(
              "turns off the check that the broker is the host that it was asked for",
              "remove it; a certificate must name the hosts of bootstrap.servers and of"
                  + " advertised.listeners"));
    }
    if (key.equals("sasl.jaas.config")) {
      return loginModule(value);
    }
    boolean address = key.startsWith("sasl.oauthbearer.") && key.endsWith(".url");
    return address && !value.toLowerCase(Locale.ROOT).startsWith("https://")
        ? Optional.of(
            new Danger(
                "is no https:// address: file: would read from this machine, and http: would send"
                    + " the client's secret in clear",
                "write an https:// address"))
        : Optional.empty();
  }

  /** Asks Kafka's own parser: another one would be deceived by quotes and comments. */
  private static Optional<Danger> loginModule(String value) {
    List<AppConfigurationEntry> entries;
    try {
      entries =
          JaasContext.loadClientContext(Map.of("sasl.jaas.config", new Password(value)))
              .configurationEntries();
    } catch (IllegalArgumentException e) {
      // Its message may quote the value, and with it the password.
      return Optional.of(
          new Danger(
              "cannot be read, or names a login module that Kafka forbids",
              "write `…ScramLoginModule required username=\"…\" password=\"…\";`"));
    }
    return entries.stream()
            .map(AppConfigurationEntry::getLoginModuleName)
            .allMatch(LOGIN_MODULES::contains)
        ? Optional.empty()
        : Optional.of(
            new Danger(
                "names a login module that is not known, which would be run to log in",
                "use PlainLoginModule, ScramLoginModule, OAuthBearerLoginModule, Krb5LoginModule or"
                    + " MSK's IAMLoginModule, by its whole name"));
  }

  /**
   * What is wrong with a key of {@code postgres.properties} or a parameter of {@code postgres.url}.
   *
   * @param all of both
   */
  static Optional<Danger> postgres(String key, String value, Map<String, String> all) {
    if (POSTGRES.containsKey(key)) {
      return Optional.of(new Danger("'" + key + "' is refused: " + POSTGRES.get(key), "remove it"));
    }
    if (key.equals("sslfactory") && !SOCKET_FACTORIES.contains(value)) {
      return Optional.of(
          new Danger(
              "'sslfactory' is refused: whoever makes the connection decides whether it is checked",
              "remove it, and write sslmode: verify-full and sslrootcert"));
    }
    return key.equals(ROOT) && !all.getOrDefault(ROOT, "").isBlank()
        ? unlooked(all)
        : Optional.empty();
  }

  /** The driver checks a certificate by the two modes alone; without any it prefers TLS. */
  private static Optional<Danger> unlooked(Map<String, String> all) {
    String ssl = all.getOrDefault("ssl", "false");
    String otherwise = ssl.isEmpty() || ssl.equalsIgnoreCase("true") ? "verify-full" : "prefer";
    String mode = all.getOrDefault(SSLMODE, otherwise);
    return CHECKING.contains(mode.toLowerCase(Locale.ROOT))
        ? Optional.empty()
        : Optional.of(
            new Danger(
                "is not looked at with sslmode " + shown(mode) + ", which checks no certificate",
                "write sslmode: verify-full beside it, or remove it"));
  }

  /** Only what the driver knows: another text may be anything. */
  private static String shown(String mode) {
    return Set.of("require", "prefer", "allow", "disable").contains(mode) ? mode : "as it is set";
  }

  /** What is wrong with a parameter of {@code redis.url}. */
  static Optional<Danger> redis(String key, String value) {
    boolean off = Set.of("none", "false").contains(value.toLowerCase(Locale.ROOT));
    return key.equalsIgnoreCase("verifyPeer") && off
        ? Optional.of(
            new Danger(
                "turns off the check of Redis's certificate by verifyPeer",
                "remove verifyPeer, and name the authority in redis.trustedCertificates"))
        : Optional.empty();
  }

  private static Map<String, String> kafka() {
    Map<String, String> reasons = new LinkedHashMap<>();
    String code = "it would run the classes that it names";
    reasons.put("security.providers", code + ", with a say in every certificate check");
    reasons.put("ssl.engine.factory.class", code + " in place of the check of certificates");
    reasons.put("interceptor.classes", code + " on every record");
    reasons.put("metric.reporters", code + "; /metrics has the clients' own");
    reasons.put("config.providers", "secrets come by ${env:…}, ${file:…} and ${dir:…}");
    reasons.put("sasl.kerberos.kinit.cmd", "it would run the command that it names");
    return reasons;
  }

  private static Map<String, String> postgres() {
    Map<String, String> reasons = new LinkedHashMap<>();
    String code = "it would run the class that it names";
    reasons.put("socketFactory", code);
    reasons.put("socketFactoryArg", code);
    reasons.put("authenticationPluginClassName", code + " with the password");
    reasons.put("sslpasswordcallback", code + "; sslpassword may hold ${file:…}");
    reasons.put("sslhostnameverifier", "it decides in place of the driver who the server is");
    reasons.put("xmlFactoryFactory", code);
    reasons.put("loggerFile", "it would have the driver write a file; logs go to standard output");
    return reasons;
  }

  /** What is wrong, without the value, and what to write instead. */
  record Danger(String message, String fix) {}
}
