package dev.cachetide;

import java.time.Duration;
import java.util.List;

/**
 * Which Redis, and how patiently.
 *
 * @param uris one of {@code redis://}, {@code rediss://} (TLS) or {@code
 *     redis-sentinel://h1,h2#name} with user and password where needed; of a cluster, one or more
 *     of its nodes
 * @param cluster whether it is a Redis Cluster
 * @param timeout default 500 ms; after it a command counts as failed, and a read falls back to the
 *     loader
 * @param queue default 10,000; how many commands may wait for answers before more are refused at
 *     once
 */
public record RedisConfig(List<String> uris, boolean cluster, Duration timeout, int queue) {

  /** The default of {@link #timeout}. */
  public static final Duration TIMEOUT = Duration.ofMillis(500);

  /** The default of {@link #queue}. */
  public static final int QUEUE = 10_000;

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException when there is no address, or several without a cluster, or a
   *     number is not positive
   */
  public RedisConfig {
    uris = List.copyOf(uris);
    if (uris.isEmpty()) {
      throw new IllegalArgumentException("redis: no address; call redis(\"redis://host:6379\")");
    }
    if (uris.size() > 1 && !cluster) {
      throw new IllegalArgumentException(
          "redis: several addresses are for a cluster; call redisCluster(…), or list sentinels in"
              + " one redis-sentinel:// address");
    }
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("redis: timeout must be positive, not " + timeout);
    }
    if (queue < 1) {
      throw new IllegalArgumentException("redis: queue must be positive, not " + queue);
    }
  }

  /** One server, or what sentinels name, with the defaults. */
  public static RedisConfig of(String uri) {
    return new RedisConfig(List.of(uri), false, TIMEOUT, QUEUE);
  }

  /** A cluster with the defaults. */
  public static RedisConfig cluster(String... nodes) {
    return new RedisConfig(List.of(nodes), true, TIMEOUT, QUEUE);
  }

  /** The same with another timeout. */
  public RedisConfig withTimeout(Duration timeout) {
    return new RedisConfig(uris, cluster, timeout, queue);
  }

  /** Does not show the addresses: they may hold passwords. */
  @Override
  public String toString() {
    return "RedisConfig[cluster=" + cluster + ", timeout=" + timeout + "]";
  }
}
