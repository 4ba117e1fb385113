package dev.cachetide.runtime.postgres;

import dev.cachetide.runtime.settings.PostgresSettings;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;

/**
 * Opens connections to the pipeline's Postgres, each under the name of who opened it.
 *
 * <p>Every connection has a limit on connecting and on waiting for an answer, so that a silent
 * network ends in an {@link SQLException} and not in a thread that hangs. There is no pool: each
 * program holds a handful of connections for its whole life. Safe for concurrent use.
 */
public final class PostgresConnector {

  private final PostgresSettings settings;
  private final String applicationName;

  /**
   * Opens nothing yet.
   *
   * @param applicationName shown in {@code pg_stat_activity}
   */
  public PostgresConnector(PostgresSettings settings, String applicationName) {
    this.settings = settings;
    this.applicationName = applicationName;
  }

  /** The same server under another name in {@code pg_stat_activity}. */
  public PostgresConnector named(String otherApplicationName) {
    return new PostgresConnector(settings, otherApplicationName);
  }

  /** How long one answer may take before the connection counts as dead. */
  public Duration socketTimeout() {
    return settings.socketTimeout();
  }

  /**
   * A new connection, in autocommit mode, for the caller to close.
   *
   * @throws PostgresRefused when a setting of the file can help
   * @throws SQLException when the server is away, refuses, or the URL is not Postgres's
   */
  public Connection connect() throws SQLException {
    try {
      return DriverManager.getConnection(settings.url(), properties());
    } catch (SQLException e) {
      throw PostgresRefused.of(e, settings);
    }
  }

  private Properties properties() {
    Properties properties = new Properties();
    properties.setProperty("user", settings.user());
    if (settings.password() != null) {
      properties.setProperty("password", settings.password());
    }
    properties.setProperty("connectTimeout", wholeSeconds(settings.connectTimeout()));
    properties.setProperty("loginTimeout", wholeSeconds(settings.connectTimeout()));
    properties.setProperty("socketTimeout", wholeSeconds(settings.socketTimeout()));
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("ApplicationName", applicationName);
    settings.properties().forEach(properties::setProperty);
    return properties;
  }

  /** Rounded up: to the driver zero means no limit. */
  private static String wholeSeconds(Duration duration) {
    return Long.toString(Math.max(1, duration.plusMillis(999).toSeconds()));
  }
}
