package dev.cachetide.invalidation;

import static java.util.stream.Collectors.joining;

import dev.cachetide.internal.redis.RedisUris;
import io.lettuce.core.RedisURI;

/** {@code redis.url} as Lettuce wants it, and as it may be shown. */
final class RedisAddress {

  private RedisAddress() {}

  /**
   * Reads the address.
   *
   * @throws IllegalArgumentException when Lettuce refuses it; the message does not quote it
   */
  static RedisURI of(String url) {
    try {
      return RedisUris.of(url);
    } catch (IllegalArgumentException e) {
      throw refused();
    }
  }

  /** Which Redis, without user and password: host, port and database; or Sentinels and name. */
  static String node(String url) {
    RedisURI uri = of(url);
    if (uri.getSentinels().isEmpty()) {
      return uri.getHost() + ":" + uri.getPort() + "/" + uri.getDatabase();
    }
    return uri.getSentinels().stream()
            .map(sentinel -> sentinel.getHost() + ":" + sentinel.getPort())
            .sorted()
            .collect(joining(","))
        + "/"
        + uri.getDatabase()
        + "#"
        + uri.getSentinelMasterId();
  }

  /** Without a cause, whose message would hold the password. */
  private static IllegalArgumentException refused() {
    return new IllegalArgumentException(
        "redis.url cannot be used; percent-encode special characters of user and password");
  }
}
