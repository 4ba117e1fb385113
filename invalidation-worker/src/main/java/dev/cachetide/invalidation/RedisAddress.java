package dev.cachetide.invalidation;

import io.lettuce.core.RedisURI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code redis.url} as Lettuce wants it. Lettuce asks {@link java.net.URI}, for which a host with
 * an underscore, as container networks name them, is no host: it then takes host and port together
 * for the host.
 */
final class RedisAddress {

  private static final Pattern HOST_AND_PORT =
      Pattern.compile(
          "[^:/?#]+://(?:[^@/?#]*@)?([^:@/?#\\[\\]]+|\\[[^\\]]+\\])(?::(\\d+))?(?:[/?#].*)?");

  private RedisAddress() {}

  /**
   * Reads the address.
   *
   * @throws IllegalArgumentException when Lettuce refuses it; the message does not quote it
   */
  static RedisURI of(String url) {
    Matcher parts = parts(url);
    try {
      RedisURI uri = RedisURI.create(url);
      uri.setHost(parts.group(1));
      uri.setPort(port(parts));
      return uri;
    } catch (IllegalArgumentException e) {
      throw refused();
    }
  }

  /** Which Redis, without user and password: host, port and database. */
  static String node(String url) {
    RedisURI uri = of(url);
    return uri.getHost() + ":" + uri.getPort() + "/" + uri.getDatabase();
  }

  private static int port(Matcher parts) {
    return parts.group(2) == null ? RedisURI.DEFAULT_REDIS_PORT : Integer.parseInt(parts.group(2));
  }

  private static Matcher parts(String url) {
    Matcher parts = HOST_AND_PORT.matcher(url);
    if (!parts.matches()) {
      throw refused();
    }
    return parts;
  }

  /** Without a cause, whose message would hold the password. */
  private static IllegalArgumentException refused() {
    return new IllegalArgumentException(
        "redis.url cannot be used; percent-encode special characters of user and password");
  }
}
