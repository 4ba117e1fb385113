package dev.cachetide.runtime.settings;

import java.time.Duration;

/**
 * How to reach Redis.
 *
 * @param url {@code redis://}, {@code rediss://} or {@code redis-sentinel://…#name}, with user and
 *     password where needed; of a cluster, one of its nodes
 * @param timeout default 2 s; the longest that one command may stay unanswered
 * @param cluster default false; whether it is a Redis Cluster
 */
public record RedisSettings(String url, Duration timeout, boolean cluster) {

  /** Not a cluster. */
  public RedisSettings(String url, Duration timeout) {
    this(url, timeout, false);
  }

  /** Does not show the address: it may hold a password. */
  @Override
  public String toString() {
    return "RedisSettings[timeout=" + timeout + ", cluster=" + cluster + "]";
  }
}
