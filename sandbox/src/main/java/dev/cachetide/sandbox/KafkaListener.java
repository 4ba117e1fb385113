package dev.cachetide.sandbox;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** A port of a broker that demands more of its clients than being there. */
public final class KafkaListener {
  private static final String SCRAM = "SCRAM-SHA-512";

  private final String name;
  private final String protocol;
  private final int port = FreePorts.next();
  private final Map<String, String> settings;
  private final List<String> users;

  private KafkaListener(
      String name, String protocol, Map<String, String> settings, List<String> users) {
    this.name = name;
    this.protocol = protocol;
    this.settings = settings;
    this.users = users;
  }

  /** TLS, with a certificate of the server alone. */
  public static KafkaListener tls(String name, Certificates.Issued shown) {
    return new KafkaListener(name, "SSL", keystore(shown), List.of());
  }

  /** TLS, with clients that show a certificate of this authority. */
  public static KafkaListener mutualTls(String name, Certificates.Issued shown, Path authority) {
    Map<String, String> settings = keystore(shown);
    settings.put("ssl.truststore.type", "PEM");
    settings.put("ssl.truststore.location", authority.toString());
    settings.put("ssl.client.auth", "required");
    return new KafkaListener(name, "SSL", settings, List.of());
  }

  /** TLS, with one user, who proves the password by SCRAM-SHA-512. */
  public static KafkaListener scram(
      String name, Certificates.Issued shown, String user, String password) {
    Map<String, String> settings = keystore(shown);
    settings.put("sasl.enabled.mechanisms", SCRAM);
    settings.put(
        "scram-sha-512.sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required;");
    return new KafkaListener(
        name,
        "SASL_SSL",
        settings,
        List.of(SCRAM + "=[name=\"" + user + "\",password=\"" + password + "\"]"));
  }

  private static Map<String, String> keystore(Certificates.Issued shown) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("ssl.keystore.type", "PEM");
    settings.put("ssl.keystore.location", shown.both().toString());
    return settings;
  }

  /** What clients are to be given: localhost and the port. */
  public String bootstrapServers() {
    return "localhost:" + port;
  }

  /** On 127.0.0.1. */
  public int port() {
    return port;
  }

  String name() {
    return name;
  }

  String protocol() {
    return protocol;
  }

  List<String> users() {
    return users;
  }

  void addTo(Properties broker) {
    String prefix = "listener.name." + name.toLowerCase(java.util.Locale.ROOT) + ".";
    settings.forEach((key, value) -> broker.put(prefix + key, value));
  }
}
