package dev.cachetide.internal.redis;

import io.lettuce.core.RedisURI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Addresses as Lettuce wants them. Lettuce asks {@link java.net.URI}, for which a host with an
 * underscore, as container networks name them, is no host: it then takes host and port together for
 * the host.
 */
public final class RedisUris {

  private static final Pattern HOST_AND_PORT =
      Pattern.compile(
          "rediss?://(?:[^@/?#]*@)?([^:@,/?#\\[\\]]+|\\[[^\\]]+\\])(?::(\\d+))?(?:[/?#].*)?");

  private RedisUris() {}

  /**
   * Reads an address.
   *
   * @throws IllegalArgumentException when Lettuce refuses it; the message does not quote it
   */
  public static RedisURI of(String uri) {
    try {
      RedisURI read = RedisURI.create(uri);
      Matcher parts = HOST_AND_PORT.matcher(uri);
      if (parts.matches()) {
        read.setHost(parts.group(1));
        read.setPort(
            parts.group(2) == null
                ? RedisURI.DEFAULT_REDIS_PORT
                : Integer.parseInt(parts.group(2)));
      } else if (read.getSentinels().isEmpty()) {
        throw refused();
      }
      return read;
    } catch (IllegalArgumentException e) {
      throw refused();
    }
  }

  /** Without a cause, whose message would hold the password. */
  private static IllegalArgumentException refused() {
    return new IllegalArgumentException(
        "the Redis address cannot be used; write redis://, rediss:// or redis-sentinel://…#name and"
            + " percent-encode special characters of user and password");
  }
}
