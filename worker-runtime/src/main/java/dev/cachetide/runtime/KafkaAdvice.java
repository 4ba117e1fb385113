package dev.cachetide.runtime;

import dev.cachetide.runtime.settings.KafkaSettings;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.IllegalSaslStateException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.UnsupportedSaslMechanismException;

/** Which setting of the section {@code kafka} it is about when the brokers cannot be talked to. */
public final class KafkaAdvice {

  private static final Pattern SERVER = Pattern.compile("\\s*\\[?([^\\],]+?)]?:(\\d{1,5})\\s*");
  private static final String PROTOCOL = "security.protocol";
  private static final String ADDRESS = "kafka.\"bootstrap.servers\"";

  private final KafkaSettings kafka;

  /** For clients with these settings. */
  public KafkaAdvice(KafkaSettings kafka) {
    this.kafka = kafka;
  }

  /** By the failure's classes alone. */
  static Optional<String> of(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof SaslAuthenticationException) {
        return Optional.of(
            "the broker refuses the login: correct user and password in"
                + " kafka.\"sasl.jaas.config\", and kafka.\"sasl.mechanism\"");
      }
      if (each instanceof UnsupportedSaslMechanismException
          || each instanceof IllegalSaslStateException) {
        return Optional.of(
            "the broker logs clients in another way: correct kafka.\"sasl.mechanism\" and"
                + " kafka.\"security.protocol\"");
      }
      if (each instanceof AuthenticationException) {
        return TlsFault.in(each).map(KafkaAdvice::text);
      }
    }
    return Optional.empty();
  }

  /**
   * By the failure's classes, and where those tell nothing by asking the brokers whether they speak
   * TLS: takes up to eight seconds for each of them.
   */
  public Optional<String> toward(Throwable failure) {
    Optional<String> known = of(failure);
    return known.isPresent() ? known : mismatch();
  }

  /** What there is to say when TLS is spoken on one side alone. */
  public Optional<String> mismatch() {
    String protocol = kafka.common().getOrDefault(PROTOCOL, "PLAINTEXT").toUpperCase(Locale.ROOT);
    boolean tls = protocol.endsWith("SSL");
    for (String server : kafka.common().getOrDefault("bootstrap.servers", "").split(",", -1)) {
      Matcher address = SERVER.matcher(server);
      if (address.matches()) {
        TlsProbe.Answer answer = TlsProbe.ask(address.group(1), Integer.parseInt(address.group(2)));
        if (answer != TlsProbe.Answer.UNKNOWN) {
          return (answer == TlsProbe.Answer.TLS) == tls
              ? Optional.empty()
              : Optional.of(tls ? text(TlsFault.NO_TLS) : inClear());
        }
      }
    }
    return Optional.empty();
  }

  private static String inClear() {
    return "the broker speaks TLS, and kafka.\"security.protocol\" asks for none: write SSL, or"
        + " SASL_SSL with a login";
  }

  private static String text(TlsFault fault) {
    return switch (fault) {
      case OUT_OF_DATE ->
          "the broker at "
              + ADDRESS
              + " has a certificate that is out of date:"
              + " renew it there";
      case UNKNOWN_AUTHORITY ->
          "no authority in kafka.\"ssl.truststore.location\" has signed the"
              + " broker's certificate: name the one that has";
      case OTHER_HOST ->
          "the broker's certificate is for other hosts: name one of those in "
              + ADDRESS
              + ", and in the broker's advertised.listeners";
      case REFUSED ->
          "the broker ends the handshake: show it a certificate that it trusts, with"
              + " kafka.\"ssl.keystore.location\"";
      case NO_TLS ->
          "the broker speaks no TLS there, and kafka.\"security.protocol\" demands it:"
              + " nothing is sent in clear; name its TLS port in "
              + ADDRESS;
    };
  }
}
