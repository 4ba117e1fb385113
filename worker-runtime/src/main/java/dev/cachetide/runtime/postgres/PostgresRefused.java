package dev.cachetide.runtime.postgres;

import dev.cachetide.runtime.Advised;
import dev.cachetide.runtime.TlsFault;
import dev.cachetide.runtime.settings.PostgresSettings;
import java.sql.SQLException;
import java.util.Optional;

/** Postgres, or the check of it, refuses the connection, and a setting of the file can help. */
public final class PostgresRefused extends SQLException implements Advised {

  private static final long serialVersionUID = 1L;

  /** SQLStates that the server, or the driver in its place, answers a connection with. */
  private static final String WRONG_PASSWORD = "28P01";

  private static final String NOT_LET_IN = "28000";
  private static final String REJECTED = "08004";
  private static final String BROKEN = "08006";
  private static final String HOST_CHECK = "verify-full";

  private final String advice;

  private PostgresRefused(SQLException cause, String advice) {
    super(cause.getMessage() + "; " + advice, cause.getSQLState(), cause);
    this.advice = advice;
  }

  /** The failure itself when no setting is to blame. */
  static SQLException of(SQLException failure, PostgresSettings settings) {
    Optional<String> tls = TlsFault.in(failure).map(PostgresRefused::text);
    return tls.or(() -> byState(failure, settings))
        .<SQLException>map(advice -> new PostgresRefused(failure, advice))
        .orElse(failure);
  }

  private static Optional<String> byState(SQLException failure, PostgresSettings settings) {
    String mode = settings.properties().getOrDefault("sslmode", "");
    return switch (String.valueOf(failure.getSQLState())) {
      case WRONG_PASSWORD -> Optional.of("correct postgres.user and postgres.password");
      case NOT_LET_IN ->
          Optional.of(
              "check postgres.user, and whether pg_hba.conf wants TLS: then write"
                  + " postgres.properties.sslmode: verify-full");
      case REJECTED ->
          Optional.of(
              settings.password() == null
                  ? "write postgres.password"
                  : "Postgres speaks no TLS, and postgres.properties.sslmode demands it: nothing is"
                      + " sent in clear; set ssl = on in postgresql.conf");
      // The driver compares the names itself, after the handshake, and gives no cause.
      case BROKEN ->
          failure.getCause() == null && mode.equalsIgnoreCase(HOST_CHECK)
              ? Optional.of(text(TlsFault.OTHER_HOST))
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static String text(TlsFault fault) {
    return switch (fault) {
      case OUT_OF_DATE ->
          "the server at postgres.url has a certificate that is out of date: renew" + " it there";
      case UNKNOWN_AUTHORITY ->
          "no authority in postgres.properties.sslrootcert has signed"
              + " Postgres's certificate: name the one that has";
      case OTHER_HOST ->
          "Postgres's certificate is for other hosts: name one of those in" + " postgres.url";
      case REFUSED, NO_TLS ->
          "Postgres ends the handshake: see postgres.properties.sslmode, sslcert" + " and sslkey";
    };
  }

  @Override
  public String advice() {
    return advice;
  }
}
