package dev.cachetide.runtime.settings;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to reach Redis.
 *
 * @param url {@code redis://}, {@code rediss://} or {@code redis-sentinel://…#name}, with user and
 *     password where needed; of a cluster, one of its nodes
 * @param timeout default 2 s; the longest that one command may stay unanswered
 * @param cluster default false; whether it is a Redis Cluster
 * @param trustedCertificates PEM file of the authorities that may have signed the server's
 *     certificate, for {@code rediss://}; null for those that Java trusts
 */
public record RedisSettings(
    String url, Duration timeout, boolean cluster, @Nullable Path trustedCertificates) {

  /** Not a cluster, and no authority of one's own. */
  public RedisSettings(String url, Duration timeout) {
    this(url, timeout, false);
  }

  /** No authority of one's own. */
  public RedisSettings(String url, Duration timeout, boolean cluster) {
    this(url, timeout, cluster, null);
  }

  /** Does not show the address: it may hold a password. */
  @Override
  public String toString() {
    return "RedisSettings[timeout=" + timeout + ", cluster=" + cluster + "]";
  }
}
