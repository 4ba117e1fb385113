package dev.cachetide.runtime.settings;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How to reach Postgres.
 *
 * @param url {@code jdbc:postgresql://…}
 * @param password null for none
 * @param connectTimeout default 5 s
 * @param socketTimeout default 30 s; the longest that one statement may stay unanswered
 * @param properties passed to the driver as they are ({@code sslmode} …); default none
 */
public record PostgresSettings(
    String url,
    String user,
    @Nullable String password,
    Duration connectTimeout,
    Duration socketTimeout,
    Map<String, String> properties) {

  /** Copies the map. */
  public PostgresSettings {
    properties = Map.copyOf(properties);
  }

  /** Does not show the password. */
  @Override
  public String toString() {
    return "PostgresSettings[url=" + url + ", user=" + user + "]";
  }
}
